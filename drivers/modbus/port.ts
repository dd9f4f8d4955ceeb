import { connect } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { SerialPort } from 'serialport';
import type { Clock } from '#kit/clock.ts';
import type { Fault } from '#kit/fault.ts';
import type { SerialSettings } from '../driver.ts';
import { closedByPeer, connectTimeout, unreachable } from './faults.ts';
import { setTty } from './stty.ts';
import { findTty, nameTty } from './tty.ts';
import type { TtyChoice } from './tty-choice.ts';

/** A place that bytes go to and come from. Each is opened once; another try is another object. */
export interface BytePort {
  /** False when bytes written before have not left yet. */
  write(bytes: Uint8Array): boolean;
  /** Lets what waits in the system be read or dropped, then calls `done`. */
  flush(done: () => void): void;
  /** Sets the line otherwise while it stays open; left out where that cannot be. `isStrict`: wrong parity is dropped. */
  set?(settings: SerialSettings, isStrict: boolean, done: (fault: Fault | undefined) => void): void;
  /** No event comes after it. */
  close(): void;
}

/** `opened` at most once, then `data`, then `closed` once, or `closed` alone when it cannot be opened. */
export interface PortEvents {
  opened(): void;
  /** The chunk is a view that holds until the call returns. */
  data(chunk: Uint8Array): void;
  closed(fault: Fault): void;
}

export type OpenPort = (events: PortEvents) => BytePort;

/** Bytes that may wait to be sent before the other side counts as stuck: a few requests. */
const MOST_WAITING = 1024;
const SHORTEST_CONNECT_MS = 5000;
/** Read at a time: more than all replies of a full window. */
const READ_BYTES = 8192;

export interface SocketOptions {
  readonly host: string;
  readonly port: number;
  readonly timeout: number;
}

/** A TCP connection. */
export const socketPort =
  (options: SocketOptions, wire: Clock): OpenPort =>
  (events) => {
    const { host, port } = options;
    const where = `${host}:${port}`;
    const take = (bytes: number, buffer: Uint8Array) => {
      if (!ended) events.data(buffer.subarray(0, bytes));
      return true;
    };
    const socket = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 15_000,
      // One buffer for all that comes, without a stream in between: what is read is taken at once.
      onread: { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback: take },
    });
    const limit = Math.max(options.timeout, SHORTEST_CONNECT_MS);
    let ended = false;
    const end = (fault: Fault | undefined) => {
      if (ended) return;
      ended = true;
      cancel();
      socket.destroy();
      if (fault !== undefined) events.closed(fault);
    };
    const cancel = wire.after(limit, () => end(connectTimeout(where, limit)));
    socket.on('connect', () => {
      cancel();
      if (!ended) events.opened();
    });
    socket.on('error', (error) => end(unreachable(where, error)));
    socket.on('close', () => end(closedByPeer(where)));
    return {
      write(bytes) {
        if (!ended) socket.write(bytes);
        return socket.writableLength <= MOST_WAITING;
      },
      flush: (done) => void setImmediate(done),
      close: () => end(undefined),
    };
  };

export interface SerialOptions {
  /** What it means is looked up anew at each opening: an adapter that comes back may have another name. */
  readonly port: TtyChoice;
  readonly baud: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly dataBits: 7 | 8;
  readonly stopBits: 1 | 2;
}

const settingsOf = ({ baud, parity, dataBits, stopBits }: SerialOptions): SerialSettings => ({
  baud,
  parity,
  dataBits,
  stopBits,
});

/** A serial port; `find` gives its path. Its native part is loaded when the first one is opened. */
export const serialPort =
  (options: SerialOptions, find: (choice: TtyChoice) => Promise<string | Fault> = findTty): OpenPort =>
  (events) => {
    const where = nameTty(options.port);
    let port: SerialPort | undefined;
    let tty = '';
    let set: SerialSettings & { readonly isStrict: boolean } = { ...settingsOf(options), isStrict: false };
    let ended = false;
    const end = (fault: Fault | undefined) => {
      if (ended) return;
      ended = true;
      // While it is still opening this is refused; the callback of `open` closes it then.
      if (port?.isOpen) port.close(() => {});
      if (fault !== undefined) events.closed(fault);
    };
    const fail = (cause: unknown) => end(unreachable(where, cause));
    const open = async () => {
      const { SerialPort } = await import('serialport');
      const path = await find(options.port);
      if (typeof path !== 'string') return end(path);
      if (ended) return;
      tty = path;
      const { baud: baudRate, parity, dataBits, stopBits } = options;
      const made = new SerialPort({ path, baudRate, parity, dataBits, stopBits, autoOpen: false });
      port = made;
      made.on('data', (chunk: Buffer) => {
        if (!ended) events.data(chunk);
      });
      made.on('error', fail);
      made.on('close', (cause: unknown) => (cause ? fail(cause) : end(closedByPeer(where))));
      made.open((error) => {
        if (error !== null) return fail(error);
        if (ended) return made.close(() => {});
        events.opened();
      });
    };
    open().catch(fail);
    return {
      write(bytes) {
        if (ended || port === undefined) return false;
        // A write to a port that was unplugged fails here and not before.
        port.write(bytes, (error) => error && fail(error));
        return port.writableLength <= MOST_WAITING;
      },
      flush(done) {
        if (ended || port === undefined) return;
        port.flush((error) => (error ? fail(error) : done()));
      },
      set(settings, isStrict, done) {
        if (ended || port === undefined) return;
        const wanted = { ...settings, isStrict };
        const isOnlyBaud = isDeepStrictEqual({ ...wanted, baud: 0 }, { ...set, baud: 0 });
        const told = (fault: Fault | undefined) => {
          if (fault === undefined) set = wanted;
          if (!ended) done(fault);
        };
        if (isOnlyBaud) {
          port.update({ baudRate: settings.baud }, (error) =>
            told(error === null ? undefined : unreachable(where, error)),
          );
        } else {
          void setTty(tty, settings, isStrict).then(told);
        }
      },
      close: () => end(undefined),
    };
  };
