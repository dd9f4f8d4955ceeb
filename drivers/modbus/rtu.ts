import { crc16 } from './crc.ts';
import { encodeRequest, type Request, requestBytes } from './pdu.ts';

/** The largest frame (Modbus over Serial Line V1.02, 2.5.1). */
const FRAME_BYTES = 256;
/** Bits of one character: start, eight of data, parity or a second stop bit, stop (2.5.1). */
const CHARACTER_BITS = 11;

export const characterMs = (baud: number): number => (CHARACTER_BITS * 1000) / baud;

/** The silence that parts two frames: 3.5 characters, fixed at 1.75 ms above 19200 baud (2.5.1.1). */
export const silenceMs = (baud: number): number => (baud > 19200 ? 1.75 : 3.5 * characterMs(baud));

export function encodeRtu(request: Request): Buffer {
  const end = requestBytes(request) + 1;
  const frame = Buffer.alloc(end + 2);
  frame.writeUInt8(request.unit, 0);
  encodeRequest(request, frame, 1);
  frame.writeUInt16LE(crc16(frame, 0, end), end);
  return frame;
}

/** Bytes of the right reply on the line: unit, code, count, data, CRC. */
export const replyBytes = (request: Request): number => 5 + request.dataBytes;

/** Bytes that are no frame: a wrong CRC, a count that no reply has, or a function that is none of 1 to 6, 15, 16. */
export type Spoilt = 'crc' | 'overlong' | 'nonsense';

/** What a frame must be by its length: a request of another master, or a reply; a write of one value can be either. */
export type Shape = 'reply' | 'request';

export interface RtuEvents {
  /** A whole frame with a right CRC; `pdu` holds until the call returns; `rest` bytes came glued to it. */
  frame(unit: number, pdu: Uint8Array, rest: number, shape: Shape): void;
  spoilt(how: Spoilt): void;
}

/** Cuts bytes into frames. */
export interface FrameReader {
  /** Bytes of a frame that is not whole yet. */
  readonly unfinished: number;
  /** What is wrong if nothing follows: it is no reply, and for a request of another master it is not whole yet. */
  readonly doubt: Spoilt | undefined;
  /** The line was silent, or a new request goes out: what comes next begins a frame, and may be the reply to it. */
  reset(expected?: Request): void;
  push(chunk: Uint8Array, events: RtuEvents): void;
}

/** Bytes of a read request, of a write of one value, and of the reply to any write. */
const SHORT_FRAME = 8;
/** Bytes of an exception. */
const EXCEPTION = 5;
/** The reply of 125 registers or 2000 bits. */
const LONGEST_REPLY = 255;
/** Nothing of this length. */
const NONE = 0;

/**
 * Cuts the bytes between two silences into frames by what each says of its own length, those of other masters among
 * them. After anything spoilt it swallows all until `reset`, since where the next frame begins only a silence can
 * tell. Holds one frame at most.
 */
export class RtuReader implements FrameReader {
  readonly #held = Buffer.alloc(FRAME_BYTES);
  #start = 0;
  #end = 0;
  #lost = false;
  #doubt: Spoilt | undefined;
  #expected: Request | undefined;

  get unfinished(): number {
    return this.#end - this.#start;
  }

  get doubt(): Spoilt | undefined {
    return this.#doubt;
  }

  reset(expected?: Request): void {
    this.#start = 0;
    this.#end = 0;
    this.#lost = false;
    this.#doubt = undefined;
    this.#expected = expected;
  }

  push(chunk: Uint8Array, events: RtuEvents): void {
    for (let at = 0; at < chunk.length && !this.#lost; ) {
      if (this.#start > 0) {
        this.#held.copyWithin(0, this.#start, this.#end);
        this.#end -= this.#start;
        this.#start = 0;
      }
      const part = chunk.subarray(at, at + FRAME_BYTES - this.#end);
      this.#held.set(part, this.#end);
      this.#end += part.length;
      at += part.length;
      this.#cut(chunk.length - at, events);
    }
  }

  #cut(beyond: number, events: RtuEvents): void {
    while (this.unfinished > 1 && !this.#lost) {
      const found = this.#find();
      if (found === undefined) return;
      if (typeof found === 'string') {
        this.#lost = true;
        this.#start = this.#end;
        this.#doubt = undefined;
        events.spoilt(found);
        return;
      }
      const { bytes, shape } = found;
      const start = this.#start;
      const end = start + bytes;
      this.#start = end;
      const unit = this.#held[start] ?? 0;
      events.frame(unit, this.#held.subarray(start + 1, end - 2), this.#end - end + beyond, shape);
    }
  }

  /** The frame that begins here, or why there is none; undefined while more bytes must tell. */
  #find(): { readonly bytes: number; readonly shape: Shape } | Spoilt | undefined {
    const have = this.unfinished;
    const code = this.#byte(1);
    this.#doubt = undefined;
    if (!isKnown(code & 0x7f)) return 'nonsense';
    if (have < 3) return undefined;
    const reply = this.#replyBytes(code);
    // A reply to what was asked is waited for whole: its first eight bytes may look like a request by chance.
    if (this.#isExpected(code) && have < reply) return undefined;
    if (this.#isSealed(reply)) return { bytes: reply, shape: 'reply' };
    const request = this.#requestBytes(code);
    if (this.#isSealed(request)) return { bytes: request, shape: 'request' };
    if (have < reply) return undefined;
    const why = reply === NONE ? 'overlong' : 'crc';
    if (have >= request) return why;
    this.#doubt = why;
    return undefined;
  }

  #replyBytes(code: number): number {
    if (code >= 0x80) return EXCEPTION;
    return isWrite(code) ? SHORT_FRAME : fitting(5 + this.#byte(2), LONGEST_REPLY);
  }

  /** At least so many until the bytes that tell are there. */
  #requestBytes(code: number): number {
    if (code >= 0x80) return NONE;
    if (code !== 15 && code !== 16) return SHORT_FRAME;
    return this.unfinished < 7 ? SHORT_FRAME : fitting(9 + this.#byte(6), FRAME_BYTES);
  }

  #isExpected(code: number): boolean {
    const { unit, dataBytes, code: asked } = this.#expected ?? {};
    return code === asked && this.#byte(0) === unit && (isWrite(code) || this.#byte(2) === dataBytes);
  }

  #isSealed(bytes: number): boolean {
    if (bytes === NONE || bytes > this.unfinished) return false;
    const end = this.#start + bytes;
    return crc16(this.#held, this.#start, end - 2) === this.#held.readUInt16LE(end - 2);
  }

  #byte(index: number): number {
    return this.#held[this.#start + index] ?? 0;
  }
}

const isWrite = (code: number): boolean => code === 5 || code === 6 || code === 15 || code === 16;
const isKnown = (code: number): boolean => (code >= 1 && code <= 4) || isWrite(code);
const fitting = (bytes: number, most: number): number => (bytes > most ? NONE : bytes);
