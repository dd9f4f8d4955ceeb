import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type BusCounters, noCounts, serveRtu } from './rtu.ts';
import type { Unit } from './unit.ts';

export interface DialInOptions {
  readonly host: string;
  readonly port: number;
  /** What it says of itself, once after it has connected. Empty: nothing. */
  readonly registration: Uint8Array;
  /** The same again in front of each packet that it sends. */
  readonly prefix?: boolean;
  readonly heartbeat?: { readonly bytes: Uint8Array; readonly everyMs: number };
  /** A heartbeat within each reply too, in a write of its own, as a unit with two tasks and one socket does. */
  readonly heartbeatInside?: boolean;
  /** How long after a lost connection it dials again; left out: never. */
  readonly redialMs?: number;
}

/** A running 4G serial unit. Disposing it hangs up for good. */
export interface DialInUnit extends AsyncDisposable {
  readonly counters: BusCounters;
  /** Connections that were made. */
  readonly dials: number;
  readonly isConnected: boolean;
  /** The connection breaks. */
  hangUp(): void;
}

/**
 * A 4G serial unit (DTU): dials, says its registration, beats, and passes bytes between the socket and the slaves on
 * its RS-485 side.
 */
export function openDialInUnit(options: DialInOptions, slaves: readonly Unit[]): DialInUnit {
  const counters = noCounts();
  let socket: Socket | undefined;
  let isEnded = false;
  let dials = 0;
  let timer: NodeJS.Timeout | undefined;

  const dial = () => {
    const own = connect({ host: options.host, port: options.port, noDelay: true });
    socket = own;
    let beat: NodeJS.Timeout | undefined;
    const serial = openSerialSide(own, options);
    serveRtu(serial, slaves, counters);
    own.on('connect', () => {
      dials++;
      if (options.registration.length > 0) own.write(options.registration);
      const { heartbeat } = options;
      if (heartbeat !== undefined)
        beat = setInterval(() => own.write(packet(options, heartbeat.bytes)), heartbeat.everyMs);
    });
    own.on('data', (chunk: Buffer) => serial.push(chunk));
    // The other side is away: `close` follows.
    own.on('error', () => {});
    own.on('close', () => {
      clearInterval(beat);
      serial.destroy();
      if (!isEnded && options.redialMs !== undefined) timer = setTimeout(dial, options.redialMs);
    });
  };
  dial();
  return {
    counters,
    get dials() {
      return dials;
    },
    get isConnected() {
      return socket?.readyState === 'open';
    },
    hangUp: () => socket?.destroy(),
    async [Symbol.asyncDispose]() {
      isEnded = true;
      clearTimeout(timer);
      socket?.destroy();
    },
  };
}

const packet = ({ prefix, registration }: DialInOptions, bytes: Uint8Array): Uint8Array =>
  prefix === true ? Buffer.concat([registration, bytes]) : bytes;

/** What the slaves see as their line. */
function openSerialSide(socket: Socket, options: DialInOptions): Duplex {
  const { heartbeat, heartbeatInside } = options;
  return new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      if (heartbeat === undefined || heartbeatInside !== true) {
        socket.write(packet(options, bytes));
        done();
        return;
      }
      const half = Math.floor(bytes.length / 2);
      const pieces = [packet(options, bytes.subarray(0, half)), heartbeat.bytes, bytes.subarray(half)];
      const next = () => {
        const piece = pieces.shift();
        if (piece === undefined || socket.destroyed) return done();
        socket.write(piece, () => setTimeout(next, 5));
      };
      next();
    },
  });
}
