interface Kept {
  readonly value: number;
  /** The tick of the reading after it; Infinity for the newest. */
  until: number;
}

/** One end of the values of a window: what may still become its least or its most, in order. */
class Candidates {
  readonly #beats: (a: number, b: number) => boolean;
  #kept: Kept[] = [];

  constructor(beats: (a: number, b: number) => boolean) {
    this.#beats = beats;
  }

  get end(): number {
    return this.#kept[0]?.value ?? Number.NaN;
  }

  push(kept: Kept): void {
    for (
      let last = this.#kept.at(-1);
      last !== undefined && !this.#beats(last.value, kept.value);
      last = this.#kept.at(-1)
    )
      this.#kept.pop();
    this.#kept.push(kept);
  }

  /** What a later reading had replaced by `tick` goes. */
  expire(tick: number): void {
    let gone = 0;
    while ((this.#kept[gone]?.until ?? Number.POSITIVE_INFINITY) <= tick) gone++;
    if (gone > 0) this.#kept.splice(0, gone);
  }

  clear(): void {
    this.#kept = [];
  }
}

/**
 * How far the values of the last `overMs` lie apart, that which stood when the window began among them. It keeps only
 * what may still become an end: of a value that stands still one, of one that only rises or falls all.
 */
export class Extremes {
  readonly #overMs: number;
  readonly #least = new Candidates((a, b) => a < b);
  readonly #most = new Candidates((a, b) => a > b);
  #newest: Kept | undefined;
  #firstTick = Number.NaN;

  constructor(overMs: number) {
    this.#overMs = overMs;
  }

  push(tick: number, value: number): void {
    if (this.#newest !== undefined) this.#newest.until = tick;
    else this.#firstTick = tick;
    this.#newest = { value, until: Number.POSITIVE_INFINITY };
    this.#least.push(this.#newest);
    this.#most.push(this.#newest);
    this.#least.expire(tick - this.#overMs);
    this.#most.expire(tick - this.#overMs);
  }

  /** Whether values have been there for the whole of the window that ends at `tick`. */
  isFull(tick: number): boolean {
    return this.#firstTick <= tick - this.#overMs;
  }

  /** Most less least; NaN when empty. */
  get spread(): number {
    return this.#most.end - this.#least.end;
  }

  clear(): void {
    this.#least.clear();
    this.#most.clear();
    this.#newest = undefined;
    this.#firstTick = Number.NaN;
  }
}
