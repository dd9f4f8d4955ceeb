import type { Request } from './pdu.ts';
import { type FrameReader, type RtuEvents, RtuReader, type Shape, type Spoilt } from './rtu.ts';

/** A frame with whatever a unit puts in between. */
const MOST_HELD = 1024;
/** So many places at which a packet may stand within a frame are tried. */
const MOST_PLACES = 8;

interface Trial {
  readonly frame?: { readonly unit: number; readonly pdu: Buffer; readonly shape: Shape; readonly bytes: number };
  readonly spoilt?: Spoilt | undefined;
}

/**
 * Frames among the packets that a dialled-in unit sends of itself (heartbeats, its registration), which may stand
 * before, after and within a frame and look like part of one. What is a packet the CRC tells: bytes are read as they
 * are first, and only where that gives no frame without the packets in them.
 */
export class DialInReader implements FrameReader {
  readonly #packets: readonly Buffer[];
  readonly #inner = new RtuReader();
  #held: Buffer = Buffer.alloc(0);
  #lost = false;
  #doubt: Spoilt | undefined;
  #expected: Request | undefined;

  constructor(packets: readonly Buffer[]) {
    this.#packets = packets;
  }

  get unfinished(): number {
    return this.#held.length;
  }

  get doubt(): Spoilt | undefined {
    return this.#doubt;
  }

  reset(expected?: Request): void {
    this.#held = Buffer.alloc(0);
    this.#lost = false;
    this.#doubt = undefined;
    this.#expected = expected;
  }

  push(chunk: Uint8Array, events: RtuEvents): void {
    if (this.#lost) return;
    this.#held = Buffer.concat([this.#held, chunk]);
    while (this.#held.length > 0 && this.#step(events));
    if (this.#held.length > MOST_HELD) this.#lose('overlong', events);
  }

  /** Takes one frame or packet off the front; false when there is none yet or nothing more to be had. */
  #step(events: RtuEvents): boolean {
    const held = this.#held;
    const plain = this.#try(held);
    this.#doubt = undefined;
    if (plain.frame !== undefined) {
      this.#give(plain.frame, held.subarray(plain.frame.bytes), events);
      return true;
    }
    if (plain.spoilt !== undefined && this.#afterPackets(held).length === 0) {
      this.#held = held.subarray(held.length);
      return false;
    }
    let isOpen = plain.spoilt === undefined;
    for (const without of this.#variants()) {
      const { frame, spoilt } = this.#try(without);
      if (frame !== undefined) {
        this.#give(frame, without.subarray(frame.bytes), events);
        return true;
      }
      isOpen ||= spoilt === undefined;
    }
    if (isOpen) return false;
    const rest = this.#afterPackets(held);
    if (rest.length < held.length) {
      this.#held = rest;
      return true;
    }
    if (this.#endsInPacket()) this.#doubt = plain.spoilt;
    else this.#lose(plain.spoilt ?? 'nonsense', events);
    return false;
  }

  #try(bytes: Buffer): Trial {
    let trial: Trial | undefined;
    this.#inner.reset(this.#expected);
    this.#inner.push(bytes, {
      frame: (unit, pdu, rest, shape) => {
        trial ??= { frame: { unit, pdu: Buffer.from(pdu), shape, bytes: bytes.length - rest } };
      },
      spoilt: (spoilt) => {
        trial ??= { spoilt };
      },
    });
    return trial ?? { spoilt: this.#inner.doubt };
  }

  /** What is held without one packet in it, and without all of them. */
  #variants(): Buffer[] {
    const variants: Buffer[] = [];
    for (const packet of this.#packets) {
      let all: Buffer = this.#held;
      let at = this.#held.indexOf(packet);
      for (let places = 0; at >= 0 && places < MOST_PLACES; places++) {
        variants.push(without(this.#held, at, packet.length));
        at = this.#held.indexOf(packet, at + 1);
      }
      for (at = all.indexOf(packet); at >= 0; at = all.indexOf(packet, at)) all = without(all, at, packet.length);
      if (all.length < this.#held.length - packet.length) variants.push(all);
    }
    return variants;
  }

  /** What is held ends with the beginning of a packet. */
  #endsInPacket(): boolean {
    return this.#packets.some((packet) => {
      const most = Math.min(packet.length - 1, this.#held.length);
      for (let length = most; length > 0; length--) {
        if (this.#held.subarray(-length).equals(packet.subarray(0, length))) return true;
      }
      return false;
    });
  }

  #give({ unit, pdu, shape }: NonNullable<Trial['frame']>, rest: Buffer, events: RtuEvents): void {
    const after = this.#afterPackets(rest);
    this.#held = after;
    events.frame(unit, pdu, after.length, shape);
  }

  /** Without the packets that it begins with. */
  #afterPackets(bytes: Buffer): Buffer {
    const packet = this.#packets.find((each) => bytes.subarray(0, each.length).equals(each));
    return packet === undefined ? bytes : this.#afterPackets(bytes.subarray(packet.length));
  }

  #lose(how: Spoilt, events: RtuEvents): void {
    this.#held = Buffer.alloc(0);
    this.#lost = true;
    this.#doubt = undefined;
    events.spoilt(how);
  }
}

const without = (bytes: Buffer, at: number, length: number): Buffer =>
  Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
