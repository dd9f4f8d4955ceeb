import { CRC_BYTES, type Frame, HEAD_BYTES, MOST_BYTES, type Mode, parseFrame } from './frame.ts';
import { type Flaw, type FlawEars, NOBODY, PassedOver } from './passed-over.ts';

const HASH = 0x23;
const CR = 0x0d;
const LF = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
const FIRST_PRINTABLE = 0x20;

/** Every data segment begins with one of its header's fields. */
const BEGINNINGS = ['QN=', 'ST=', 'CN=', 'PW=', 'MN='];
const BEGINNING_BYTES = 3;

/** What could not be taken, by reason; `garbage` counts bytes between frames, the others frames. */
export type StreamCounts = Record<Flaw, number>;

export const noStreamCounts = (): StreamCounts => ({
  ...{ length: 0, tail: 0, crc: 0, syntax: 0, incomplete: 0, garbage: 0 },
});

/**
 * Cuts a stream of bytes into frames. After a broken one it looks for the next `##` behind the broken one's own; what it
 * keeps of a frame that has not ended is never more than the longest frame. A data segment holds no control character, so
 * that a wrong length is seen where the line ends and no frame is waited for beyond it.
 */
export class FrameStream {
  readonly #mode: Mode;
  readonly #counts: StreamCounts;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Where the first control character is that does not lie before `#at`; up to `#clean` there is none. */
  #control = -1;
  #clean = 0;
  readonly #ears: FlawEars;
  readonly #passed: PassedOver;

  /** `ears` are told of what is no right frame. */
  constructor(mode: Mode, counts: StreamCounts, ears: FlawEars = NOBODY) {
    this.#mode = mode;
    this.#counts = counts;
    this.#ears = ears;
    this.#passed = new PassedOver(ears);
  }

  /** Bytes that are kept. */
  get waiting(): number {
    return this.#bytes.length - this.#at;
  }

  /** Something is kept, or has not been told, that `expire` is for. */
  get isUnfinished(): boolean {
    return this.waiting > 0 || this.#passed.waiting > 0;
  }

  /** Takes bytes in; `next` until it gives nothing says what they were. */
  push(chunk: Uint8Array): void {
    this.#bytes = this.waiting === 0 ? Buffer.from(chunk) : Buffer.concat([this.#bytes.subarray(this.#at), chunk]);
    if (this.#control >= 0) this.#control -= this.#at;
    this.#clean = Math.max(this.#clean - this.#at, 0);
    this.#at = 0;
  }

  /** The next whole frame; undefined until more bytes come. */
  next(): Frame | undefined {
    while (this.#findHead()) {
      const length = this.#lengthOf();
      const end = this.#at + HEAD_BYTES + length + CRC_BYTES;
      const control = this.#nextControl(this.#at + HEAD_BYTES);
      const isOver = control >= 0 ? control !== end : this.#bytes.length > end;
      if (length > MOST_BYTES[this.#mode] || isOver) this.#dropHead('length');
      else if (control < 0) return undefined;
      else {
        const byte = this.#bytes[control];
        const after = this.#bytes[control + 1];
        if (byte === CR && after === undefined) return undefined;
        const stop = control + (byte === CR && after === LF ? 2 : 1);
        const bytes = this.#bytes.subarray(this.#at, stop);
        const frame = parseFrame(bytes, this.#mode);
        if (frame === 'length' || frame === 'tail') this.#dropHead(frame);
        else {
          // It is as long as it says, so what is broken is in it: the next one begins behind it.
          this.#at = stop;
          this.#passed.end();
          if (typeof frame !== 'string') return frame;
          this.#counts[frame]++;
          if (this.#ears.isHeard()) this.#ears.tell(frame, bytes);
        }
      }
    }
    return undefined;
  }

  /** Nothing has come for long: what is kept will not be ended any more. */
  expire(): void {
    const isBegun = this.waiting >= HEAD_BYTES;
    if (isBegun) this.#passed.begin('incomplete');
    this.#passed.add(this.#bytes, this.#at, this.#bytes.length);
    this.#passed.end();
    if (isBegun) this.#counts.incomplete++;
    else this.#counts.garbage += this.waiting;
    this.#bytes = Buffer.alloc(0);
    this.#at = 0;
    this.#clean = 0;
    this.#control = -1;
  }

  /** Goes to what is, or may become, the head of a frame; false when more bytes are needed to say more. */
  #findHead(): boolean {
    for (;;) {
      const found = this.#bytes.indexOf(HASH, this.#at);
      this.#skipTo(found < 0 ? this.#bytes.length : found);
      if (found < 0) return false;
      const head = this.#isHead();
      if (head !== false) return head === true;
      this.#skipTo(this.#at + 1);
    }
  }

  /** Whether `##`, four digits and a header field stand here; undefined while that much has not come. */
  #isHead(): boolean | undefined {
    for (let index = 1; index < HEAD_BYTES; index++) {
      const byte = this.#bytes[this.#at + index];
      if (byte === undefined) return undefined;
      if (index === 1 ? byte !== HASH : byte < ZERO || byte > NINE) return false;
    }
    const start = this.#at + HEAD_BYTES;
    const text = this.#bytes.toString('latin1', start, start + BEGINNING_BYTES);
    if (!BEGINNINGS.some((each) => each.startsWith(text))) return false;
    return text.length === BEGINNING_BYTES ? true : undefined;
  }

  #lengthOf(): number {
    let length = 0;
    for (let index = 2; index < HEAD_BYTES; index++) {
      length = length * 10 + (this.#bytes[this.#at + index] ?? ZERO) - ZERO;
    }
    return length;
  }

  #nextControl(from: number): number {
    if (this.#control >= from) return this.#control;
    for (let index = Math.max(from, this.#clean); index < this.#bytes.length; index++) {
      if ((this.#bytes[index] ?? 0) < FIRST_PRINTABLE) {
        this.#control = index;
        return index;
      }
    }
    this.#control = -1;
    this.#clean = this.#bytes.length;
    return -1;
  }

  #dropHead(flaw: 'length' | 'tail'): void {
    this.#counts[flaw]++;
    this.#passed.begin(flaw);
    // The second `#` may be the first of a head.
    this.#passed.add(this.#bytes, this.#at, this.#at + 1);
    this.#at++;
  }

  /** What is passed over is garbage, but for the ends of lines that stand between frames. */
  #skipTo(index: number): void {
    this.#passed.add(this.#bytes, this.#at, index);
    for (let each = this.#at; each < index; each++) {
      const byte = this.#bytes[each];
      if (byte !== CR && byte !== LF) this.#counts.garbage++;
    }
    this.#at = index;
  }
}
