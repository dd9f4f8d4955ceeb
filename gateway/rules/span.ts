/** Combines two parts of a window into one: a sum, a least, a most. */
type Combine = (a: number, b: number) => number;

/**
 * The good readings of the last `overMs` on the tick line, with a combination of their values kept at hand.
 *
 * Two stacks in one ring: what came before the last turn carries the combination of itself and all newer ones of its
 * stack, what came after is combined as it comes. Nothing is ever subtracted, so no error gathers, and a reading
 * costs the same whatever the window's length.
 */
export class Span {
  readonly overMs: number;
  readonly #combine: Combine | null;
  readonly #most: number;
  #ticks: Float64Array;
  #values: Float64Array;
  #folded: Float64Array;
  #head = 0;
  #size = 0;
  /** How many of the oldest have their combination in `#folded`. */
  #front = 0;
  #back = Number.NaN;

  /** `expected` readings fit without growing; it grows to eight times that, and then the oldest go. */
  constructor(overMs: number, expected: number, combine: Combine | null) {
    this.overMs = overMs;
    this.#combine = combine;
    this.#most = Math.max(64, expected * 8);
    const room = Math.max(8, expected + 1);
    this.#ticks = new Float64Array(room);
    this.#values = new Float64Array(room);
    this.#folded = new Float64Array(combine === null ? 0 : room);
  }

  get size(): number {
    return this.#size;
  }

  /** The i-th oldest. */
  tick(i: number): number {
    return this.#ticks[this.#placeOf(i)] ?? Number.NaN;
  }

  value(i: number): number {
    return this.#values[this.#placeOf(i)] ?? Number.NaN;
  }

  clear(): void {
    this.#head = 0;
    this.#size = 0;
    this.#front = 0;
    this.#back = Number.NaN;
  }

  push(tick: number, value: number): void {
    this.expire(tick);
    if (this.#size === this.#ticks.length) {
      if (this.#size < this.#most) this.#grow();
      else this.#drop();
    }
    const at = this.#placeOf(this.#size);
    this.#ticks[at] = tick;
    this.#values[at] = value;
    this.#back = this.#size === this.#front ? value : (this.#combine?.(this.#back, value) ?? Number.NaN);
    this.#size++;
  }

  /** Leaves only the readings with `tick − over < their tick`. */
  expire(tick: number): void {
    const oldest = tick - this.overMs;
    while (this.#size > 0 && (this.#ticks[this.#head] ?? 0) <= oldest) this.#drop();
  }

  /** The combination of all values; NaN when empty. */
  combined(): number {
    if (this.#combine === null || this.#size === 0) return Number.NaN;
    const front = this.#folded[this.#head] ?? Number.NaN;
    if (this.#front === 0) return this.#back;
    return this.#front === this.#size ? front : this.#combine(front, this.#back);
  }

  /** Where the i-th oldest stands in the ring, i up to its length. */
  #placeOf(i: number): number {
    const at = this.#head + i;
    const room = this.#ticks.length;
    return at < room ? at : at - room;
  }

  #drop(): void {
    if (this.#combine !== null) {
      if (this.#front === 0) this.#turn(this.#combine);
      this.#front--;
    }
    this.#head = this.#placeOf(1);
    this.#size--;
  }

  #turn(combine: Combine): void {
    let sum = Number.NaN;
    for (let i = this.#size - 1; i >= 0; i--) {
      const at = this.#placeOf(i);
      const value = this.#values[at] ?? Number.NaN;
      sum = i === this.#size - 1 ? value : combine(value, sum);
      this.#folded[at] = sum;
    }
    this.#front = this.#size;
  }

  #grow(): void {
    const room = Math.min(this.#most, this.#ticks.length * 2);
    const moved = (from: Float64Array): Float64Array => {
      const to = new Float64Array(room);
      const first = from.subarray(this.#head);
      to.set(first);
      to.set(from.subarray(0, this.#head), first.length);
      return to;
    };
    this.#ticks = moved(this.#ticks);
    this.#values = moved(this.#values);
    if (this.#combine !== null) this.#folded = moved(this.#folded);
    this.#head = 0;
  }
}
