import type { Clock } from '#kit/clock.ts';
import type { Overheard } from '../driver.ts';
import { crc16 } from './crc.ts';
import { describePdu, type HeardRequest } from './describe.ts';
import { MbapReader } from './mbap.ts';
import { type FrameReader, type RtuEvents, RtuReader, type Shape, type Spoilt } from './rtu.ts';

/** A silence that ends whatever was on a serial wire, ms of the wire. */
const QUIET_MS = 20;
/** The same where a network lies in between, which may deliver a frame in pieces. */
const NETWORK_QUIET_MS = 500;
/** The longest frame of either kind. */
const MOST_BYTES = 260;
const MOST_HEX = 128;

/**
 * Listens to what passes on one wire in both directions and tells each frame, or what is none, in the order in which it
 * ends. It holds one frame a direction.
 */
export class Ear {
  readonly #ways: Readonly<Record<Overheard['way'], Way>>;

  constructor(
    framing: 'rtu' | 'tcp',
    clocks: { readonly clock: Clock; readonly wire: Clock },
    tell: (heard: Overheard) => void,
    makeReader?: () => FrameReader,
  ) {
    const requests = new Map<number, HeardRequest>();
    const make = (way: Overheard['way']) => {
      const frame = (unit: number, pdu: Uint8Array, isRequest: boolean, bytes: Uint8Array) => {
        const { what, request } = describePdu(pdu, isRequest, requests.get(unit));
        if (isRequest) requests.set(unit, request);
        else requests.delete(unit);
        tell({ at: clocks.clock.now(), way, who: String(unit), what, isRight: true, hex: hexOf(bytes) });
      };
      const junk = (why: string, bytes: Uint8Array) =>
        tell({ at: clocks.clock.now(), way, who: null, what: why, isRight: false, hex: hexOf(bytes) });
      return framing === 'tcp'
        ? new TcpWay(way, frame, junk)
        : new RtuWay(way, clocks.wire, frame, junk, makeReader?.());
    };
    this.#ways = { in: make('in'), out: make('out') };
  }

  hear(way: Overheard['way'], chunk: Uint8Array): void {
    // On a busy wire there is never a silence that would end what was spoilt; but who asks has seen the end of it.
    if (way === 'out') this.#ways.in.end();
    this.#ways[way].hear(chunk);
  }

  close(): void {
    for (const way of Object.values(this.#ways)) way.close();
  }
}

interface Way {
  hear(chunk: Uint8Array): void;
  /** Nothing more of what was heard comes. */
  end(): void;
  close(): void;
}

type TellFrame = (unit: number, pdu: Uint8Array, isRequest: boolean, bytes: Uint8Array) => void;
type TellJunk = (why: string, bytes: Uint8Array) => void;

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, MOST_HEX)).toString('hex');

const WHY: Readonly<Record<Spoilt | 'short', string>> = {
  crc: 'wrong CRC',
  overlong: 'longer than any reply',
  nonsense: 'no frame',
  short: 'broken off',
};

/** Frames between silences. */
class RtuWay implements Way, RtuEvents {
  readonly #wire: Clock;
  readonly #frame: TellFrame;
  readonly #junk: TellJunk;
  readonly #isOut: boolean;
  readonly #reader: FrameReader;
  /** The unit has dialled in: the reader knows packets that are no frames, and passes over them. */
  readonly #hasPackets: boolean;
  readonly #held = Buffer.alloc(MOST_BYTES);
  #length = 0;
  #spoilt: Spoilt | undefined;
  #cancel: () => void = () => {};

  constructor(way: Overheard['way'], wire: Clock, frame: TellFrame, junk: TellJunk, reader?: FrameReader) {
    this.#reader = reader ?? new RtuReader();
    this.#hasPackets = reader !== undefined;
    this.#wire = wire;
    this.#frame = frame;
    this.#junk = junk;
    this.#isOut = way === 'out';
  }

  hear(chunk: Uint8Array): void {
    this.#cancel();
    const part = chunk.subarray(0, MOST_BYTES - this.#length);
    this.#held.set(part, this.#length);
    this.#length += part.length;
    this.#reader.push(chunk, this);
    if (this.#length > 0)
      this.#cancel = this.#wire.after(this.#hasPackets ? NETWORK_QUIET_MS : QUIET_MS, () => this.end());
  }

  close(): void {
    this.#cancel();
  }

  frame(unit: number, pdu: Uint8Array, rest: number, shape: Shape): void {
    const body = Buffer.concat([Buffer.of(unit), pdu]);
    const crc = crc16(body);
    const bytes = Buffer.concat([body, Buffer.of(crc & 0xff, crc >> 8)]);
    const left = Math.min(this.#hasPackets ? rest : Math.max(this.#length - bytes.length, 0), this.#length);
    this.#held.copyWithin(0, this.#length - left, this.#length);
    this.#length = left;
    this.#frame(unit, pdu, this.#isOut || shape === 'request', bytes);
  }

  spoilt(how: Spoilt): void {
    this.#spoilt = how;
  }

  end(): void {
    this.#cancel();
    const why = this.#spoilt ?? this.#reader.doubt ?? 'short';
    const isPacket = this.#hasPackets && this.#spoilt === undefined && this.#reader.unfinished === 0;
    if (this.#length > 0 && !isPacket) this.#junk(WHY[why], this.#held.subarray(0, this.#length));
    this.#length = 0;
    this.#spoilt = undefined;
    this.#reader.reset();
  }
}

/** Frames by their length. */
class TcpWay implements Way {
  readonly #isOut: boolean;
  readonly #frame: TellFrame;
  readonly #junk: TellJunk;
  #reader = new MbapReader();

  constructor(way: Overheard['way'], frame: TellFrame, junk: TellJunk) {
    this.#isOut = way === 'out';
    this.#frame = frame;
    this.#junk = junk;
  }

  hear(chunk: Uint8Array): void {
    const isRight = this.#reader.push(chunk, (_, unit, pdu) => this.#frame(unit, pdu, this.#isOut, pdu));
    if (isRight) return;
    this.#reader = new MbapReader();
    this.#junk('no Modbus TCP', chunk);
  }

  /** Frames tell their own ends. */
  end(): void {}

  close(): void {}
}
