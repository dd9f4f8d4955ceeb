import type { FrameFlaw } from './frame.ts';

/** Why bytes are no right frame: a flaw of what looks like one, one that was broken off, or bytes between frames. */
export type Flaw = FrameFlaw | 'incomplete' | 'garbage';

/** Who is told of bytes that are no right frame. */
export interface FlawEars {
  /** Nothing is gathered for nobody. */
  isHeard(): boolean;
  tell(flaw: Flaw, bytes: Uint8Array): void;
}

export const NOBODY: FlawEars = { isHeard: () => false, tell: () => {} };

/** So many bytes are told at a time. */
const MOST_BYTES = 1024;
const CR = 0x0d;
const LF = 0x0a;

/** Gathers bytes that were passed over, in whatever pieces they came, and tells them a line at a time. */
export class PassedOver {
  readonly #ears: FlawEars;
  #flaw: Flaw = 'garbage';
  #bytes: number[] = [];

  constructor(ears: FlawEars) {
    this.#ears = ears;
  }

  /** Bytes that have not been told. */
  get waiting(): number {
    return this.#bytes.length;
  }

  /** From here to the end of the line it is for that reason. */
  begin(flaw: Flaw): void {
    this.end();
    this.#flaw = flaw;
  }

  /** Those of `bytes` from one place to before the other. */
  add(bytes: Uint8Array, from: number, to: number): void {
    if (!this.#ears.isHeard()) {
      this.#bytes = [];
      this.#flaw = 'garbage';
      return;
    }
    for (let at = from; at < to; at++) {
      const byte = bytes[at] ?? 0;
      this.#bytes.push(byte);
      if (byte === LF || this.#bytes.length === MOST_BYTES) this.end();
    }
  }

  /** Tells what there is; ends of lines between frames are nothing. */
  end(): void {
    const bytes = this.#bytes;
    if (bytes.length === 0) return;
    this.#bytes = [];
    if (bytes.some((byte) => byte !== CR && byte !== LF)) this.#ears.tell(this.#flaw, Uint8Array.from(bytes));
    this.#flaw = 'garbage';
  }
}
