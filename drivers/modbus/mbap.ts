import { encodeRequest, type Request, requestBytes } from './pdu.ts';

/** Transaction, protocol, length, unit (Messaging on TCP/IP V1.0b, 3.1.3). */
const HEADER_BYTES = 7;
/** The largest frame: the header and a PDU of 253 bytes. */
const FRAME_BYTES = 260;

export function encodeTcp(transaction: number, request: Request): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + requestBytes(request));
  frame.writeUInt16BE(transaction, 0);
  frame.writeUInt16BE(0, 2);
  frame.writeUInt16BE(frame.length - HEADER_BYTES + 1, 4);
  frame.writeUInt8(request.unit, 6);
  encodeRequest(request, frame, HEADER_BYTES);
  return frame;
}

/** Called with each whole frame; `pdu` is a view that holds until the call returns. */
export type TcpFrame = (transaction: number, unit: number, pdu: Uint8Array) => void;

/** Cuts a stream of bytes into frames, however they are split or glued. Never holds more than one frame. */
export class MbapReader {
  readonly #held = Buffer.alloc(FRAME_BYTES);
  #length = 0;

  /**
   * False when this is no Modbus TCP: a protocol identifier other than 0, or a length that no frame has. Where the
   * next frame would begin is then unknown, so the connection must be given up.
   */
  push(chunk: Uint8Array, frame: TcpFrame): boolean {
    const held = this.#held;
    for (let at = 0; at < chunk.length; ) {
      const whole = this.#length === 0 ? frameAt(chunk, at) : 0;
      if (whole < 0) return false;
      if (whole > 0) {
        const transaction = ((chunk[at] ?? 0) << 8) | (chunk[at + 1] ?? 0);
        frame(transaction, chunk[at + 6] ?? 0, chunk.subarray(at + HEADER_BYTES, at + whole));
        at += whole;
        continue;
      }
      const want = this.#length < HEADER_BYTES ? HEADER_BYTES : 6 + held.readUInt16BE(4);
      const part = chunk.subarray(at, at + want - this.#length);
      held.set(part, this.#length);
      this.#length += part.length;
      at += part.length;
      if (this.#length < want) break;
      if (want === HEADER_BYTES) {
        const length = held.readUInt16BE(4);
        if (held.readUInt16BE(2) !== 0 || length < 2 || length > FRAME_BYTES - 6) return false;
        continue;
      }
      // A frame that was cut short has eaten into the next one: nothing tells it but what then follows.
      if (!mayBegin(chunk, at)) return false;
      this.#length = 0;
      frame(held.readUInt16BE(0), held.readUInt8(6), held.subarray(HEADER_BYTES, want));
    }
    return true;
  }
}

/** Whether a frame may begin there, by as much of its header as there is. */
function mayBegin(chunk: Uint8Array, at: number): boolean {
  const [, , protocolHigh = 0, protocolLow = 0, lengthHigh = 0, lengthLow = 2] = chunk.subarray(at, at + 6);
  const length = (lengthHigh << 8) | lengthLow;
  return protocolHigh === 0 && protocolLow === 0 && length >= 2 && length <= FRAME_BYTES - 6;
}

/** Bytes of the whole frame that begins there; 0 when not all of it is there, -1 when it is none. */
function frameAt(chunk: Uint8Array, at: number): number {
  if (chunk.length - at < HEADER_BYTES) return 0;
  const length = ((chunk[at + 4] ?? 0) << 8) | (chunk[at + 5] ?? 0);
  if (chunk[at + 2] !== 0 || chunk[at + 3] !== 0 || length < 2 || length > FRAME_BYTES - 6) return -1;
  return chunk.length - at >= 6 + length ? 6 + length : 0;
}
