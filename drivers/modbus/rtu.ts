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

/** Bytes that are no frame: a wrong CRC, a count that no reply has, or a function that was never asked for. */
export type Spoilt = 'crc' | 'overlong' | 'nonsense';

export interface RtuEvents {
  /** A whole frame with a right CRC; `pdu` holds until the call returns; `rest` bytes came glued to it. */
  frame(unit: number, pdu: Uint8Array, rest: number): void;
  spoilt(how: Spoilt): void;
}

/**
 * Cuts the bytes between two silences into reply frames by what each says of its own length. After anything spoilt
 * it swallows all until `reset`, since where the next frame begins only a silence can tell. Holds one frame at most.
 */
export class RtuReader {
  readonly #held = Buffer.alloc(FRAME_BYTES);
  #length = 0;
  #lost = false;

  /** Bytes of a frame that is not whole yet. */
  get unfinished(): number {
    return this.#length;
  }

  /** The line was silent, or a new request goes out: what comes next begins a frame. */
  reset(): void {
    this.#length = 0;
    this.#lost = false;
  }

  push(chunk: Uint8Array, events: RtuEvents): void {
    const held = this.#held;
    for (let at = 0; at < chunk.length && !this.#lost; ) {
      const want = this.#want();
      if (typeof want === 'string') break;
      const part = chunk.subarray(at, at + want - this.#length);
      held.set(part, this.#length);
      this.#length += part.length;
      at += part.length;
      if (this.#length < 5 || this.#length !== this.#want()) continue;
      const end = this.#length;
      if (crc16(held, 0, end - 2) !== held.readUInt16LE(end - 2)) {
        this.#lose('crc', events);
        return;
      }
      this.#length = 0;
      events.frame(held.readUInt8(0), held.subarray(1, end - 2), chunk.length - at);
    }
    const want = this.#lost ? 0 : this.#want();
    if (typeof want === 'string') this.#lose(want, events);
  }

  /** How many bytes to have before more can be said, or why there is no frame here. */
  #want(): number | Spoilt {
    if (this.#length < 2) return 2;
    const code = this.#held.readUInt8(1);
    if (code >= 0x81 && code <= 0x84) return 5;
    if (code < 1 || code > 4) return 'nonsense';
    if (this.#length < 3) return 3;
    const count = this.#held.readUInt8(2);
    return count > FRAME_BYTES - 6 ? 'overlong' : 5 + count;
  }

  #lose(how: Spoilt, events: RtuEvents): void {
    this.#length = 0;
    this.#lost = true;
    events.spoilt(how);
  }
}
