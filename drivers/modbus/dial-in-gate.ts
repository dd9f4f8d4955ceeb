import type { Socket } from 'node:net';
import type { Clock } from '#kit/clock.ts';
import { UnknownDevices } from '../unknown-devices.ts';
import type { Berth } from './dial-in-berth.ts';
import { showPacket } from './packet.ts';

/** Connections that have not said who they are, or are unknown, at one time; then the oldest goes. */
export const MOST_STRANGERS = 32;
/** Connections from one address in a minute. A carrier hides many units behind one. */
const MOST_A_MINUTE = 60;
/** Addresses whose connections are counted. */
const MOST_ADDRESSES = 1024;
/** What comes within so long is one registration, ms: units send it in one piece. */
const SETTLED_MS = 300;
/** Bytes that are kept of one who has not said who it is. */
const MOST_BYTES = 512;
/** Bytes from one who has not said who it is; more is nobody's registration. */
const MOST_HEARD = 16_384;

/** What some units put behind a packet. */
const LINE_ENDS = [0x0d, 0x0a, 0].map((byte) => Buffer.of(byte));

export interface GateOptions {
  /** As they are now: see `berthsChanged`. */
  readonly berths: ReadonlyMap<string, { readonly registration: Buffer; readonly berth: Berth }>;
  readonly heartbeats: readonly Buffer[];
  /** Each packet begins with the registration, the first one too. */
  readonly prefix: boolean;
  readonly registerWithinMs: number;
  readonly quarantineMs: number;
}

interface Stranger {
  readonly socket: Socket;
  readonly from: string;
  held: Buffer;
  /** What came since it was last looked at. */
  fresh: Buffer;
  heard: number;
  isUnknown: boolean;
  cancelSettle: () => void;
  cancelEnd: () => void;
}

/** Asks everyone who dials in for its registration and leads it to its berth; keeps who is unknown for a while. */
export class DialInGate {
  readonly #options: GateOptions;
  /** But what is a unit's registration. */
  #heartbeats: readonly Buffer[] = [];
  readonly #clock: Clock;
  readonly #wire: Clock;
  readonly #strangers = new Set<Stranger>();
  readonly #arrivals = new Map<string, { minute: number; count: number }>();
  readonly unknown = new UnknownDevices();
  readonly counters = { dialled: 0, refused: 0, unregistered: 0, unknown: 0 };

  constructor(options: GateOptions, clock: Clock, wire: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#wire = wire;
    this.berthsChanged();
  }

  /** Who has said before whose berth is there only now is led to it. */
  berthsChanged(): void {
    const { heartbeats, berths } = this.#options;
    this.#heartbeats = heartbeats.filter((each) => !berths.has(each.toString('hex')));
    for (const stranger of [...this.#strangers]) if (stranger.isUnknown) this.#lead(stranger, stranger.held);
  }

  get strangers(): number {
    return this.#strangers.size;
  }

  admit(socket: Socket): void {
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    // Whatever becomes of it, `close` follows.
    socket.on('error', () => {});
    this.counters.dialled++;
    if (this.#isTooOften(address)) {
      this.counters.refused++;
      socket.destroy();
      return;
    }
    this.#makeRoom();
    const stranger: Stranger = {
      socket,
      from: `${address.includes(':') ? `[${address}]` : address}:${socket.remotePort}`,
      held: Buffer.alloc(0),
      fresh: Buffer.alloc(0),
      heard: 0,
      isUnknown: false,
      cancelSettle: () => {},
      cancelEnd: this.#wire.after(this.#options.registerWithinMs, () => {
        this.counters.unregistered++;
        this.#turnAway(stranger);
      }),
    };
    this.#strangers.add(stranger);
    socket.on('data', (chunk) => this.#hear(stranger, chunk));
    socket.on('close', () => this.#forget(stranger));
  }

  /** Nobody is waited for any more. */
  close(): void {
    for (const stranger of [...this.#strangers]) this.#turnAway(stranger);
  }

  #isTooOften(address: string): boolean {
    const minute = Math.floor(this.#wire.tick() / 60_000);
    const before = this.#arrivals.get(address);
    const count = before?.minute === minute ? before.count + 1 : 1;
    this.#arrivals.delete(address);
    this.#arrivals.set(address, { minute, count });
    if (this.#arrivals.size > MOST_ADDRESSES) {
      const [oldest] = this.#arrivals.keys();
      if (oldest !== undefined) this.#arrivals.delete(oldest);
    }
    return count > MOST_A_MINUTE;
  }

  #makeRoom(): void {
    if (this.#strangers.size < MOST_STRANGERS) return;
    const [oldest] = this.#strangers;
    if (oldest === undefined) return;
    this.counters.refused++;
    this.#turnAway(oldest);
  }

  #hear(stranger: Stranger, chunk: Buffer): void {
    if (!this.#strangers.has(stranger)) return;
    stranger.heard += chunk.length;
    if (stranger.heard > MOST_HEARD) {
      this.counters.refused++;
      this.#turnAway(stranger);
      return;
    }
    if (stranger.fresh.length === 0) {
      stranger.cancelSettle = this.#wire.after(SETTLED_MS, () => this.#settle(stranger));
    }
    const room = MOST_BYTES - stranger.held.length;
    stranger.held = Buffer.concat([stranger.held, chunk.subarray(0, room)]);
    stranger.fresh = Buffer.concat([stranger.fresh, chunk.subarray(0, MOST_BYTES - stranger.fresh.length)]);
  }

  #settle(stranger: Stranger): void {
    const { fresh, held } = stranger;
    stranger.fresh = Buffer.alloc(0);
    const said = this.#stripped(fresh);
    if (said.length === 0) return;
    // What was cut by a slow network is one registration all the same.
    if (this.#lead(stranger, fresh) || this.#lead(stranger, held)) return;
    // Once a connection, so that one cannot push all others out of the list.
    if (stranger.isUnknown) return;
    this.unknown.hear(showPacket(said), this.#clock.now(), { from: stranger.from });
    stranger.isUnknown = true;
    this.counters.unknown++;
    stranger.cancelEnd();
    stranger.cancelEnd = this.#wire.after(this.#options.quarantineMs, () => this.#turnAway(stranger));
  }

  /** True when what it said is somebody's registration. */
  #lead(stranger: Stranger, heard: Buffer): boolean {
    const berth = this.#berthOf(heard);
    if (berth === undefined) return false;
    this.#forget(stranger);
    stranger.socket.removeAllListeners('data');
    berth.moor(stranger.socket);
    return true;
  }

  #berthOf(heard: Buffer): Berth | undefined {
    const { berths, prefix } = this.#options;
    let packet = heard;
    for (const each of this.#heartbeats) while (begins(packet, each)) packet = packet.subarray(each.length);
    let found: { readonly registration: Buffer; readonly berth: Berth } | undefined;
    for (const each of berths.values()) {
      if (!begins(packet, each.registration)) continue;
      if (!prefix && !this.#isOnly(each.registration, packet)) continue;
      if (found === undefined || found.registration.length < each.registration.length) found = each;
    }
    return found?.berth;
  }

  /**
   * The registration, and maybe heartbeats and ends of lines behind it. Some units say who they are twice at once, and the
   * network makes one piece of it.
   */
  #isOnly(registration: Buffer, packet: Buffer): boolean {
    let rest = packet;
    while (rest.length > 0) {
      const next = [registration, ...this.#heartbeats, ...LINE_ENDS].find((each) => begins(rest, each));
      if (next === undefined) return false;
      rest = rest.subarray(next.length);
    }
    return true;
  }

  /** Without heartbeats before and after it, nor the ends of lines that some units add. */
  #stripped(packet: Buffer): Buffer {
    let bytes = packet;
    for (;;) {
      const before = bytes.length;
      for (const heartbeat of this.#heartbeats) {
        if (begins(bytes, heartbeat)) bytes = bytes.subarray(heartbeat.length);
        const tail = Math.max(bytes.length - heartbeat.length, 0);
        if (bytes.subarray(tail).equals(heartbeat)) bytes = bytes.subarray(0, tail);
      }
      if (LINE_ENDS.some((end) => bytes.subarray(-1).equals(end))) bytes = bytes.subarray(0, -1);
      if (bytes.length === before || bytes.length === 0) return bytes;
    }
  }

  #turnAway(stranger: Stranger): void {
    this.#forget(stranger);
    stranger.socket.destroy();
  }

  #forget(stranger: Stranger): void {
    this.#strangers.delete(stranger);
    stranger.cancelSettle();
    stranger.cancelEnd();
  }
}

const begins = (packet: Buffer, beginning: Buffer): boolean => packet.subarray(0, beginning.length).equals(beginning);
