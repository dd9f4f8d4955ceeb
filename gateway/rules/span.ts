/** How two parts of a window become one. */
export type Fold = 'sum' | 'least' | 'most';

/** Of a reading in the ring: its tick, its value, and the fold of it and of all newer ones of the front. */
const STRIDE = 3;
const [TICK, VALUE, FOLDED] = [0, 1, 2];

/**
 * The good readings of the last `overMs` on the tick line, with a fold of their values kept at hand.
 *
 * Two stacks in one ring: what came before the last turn carries the fold of itself and all newer ones of its stack, what
 * came after is folded as it comes. Nothing is ever subtracted, so no error gathers, and a reading costs the same
 * whatever the window's length. All of one reading lies side by side: memory, not arithmetic, is what a window costs.
 */
export class Span {
  readonly overMs: number;
  readonly #fold: Fold | null;
  readonly #most: number;
  #ring: Float64Array;
  /** How many readings fit. */
  #room: number;
  /** Where the oldest stands. */
  #head = 0;
  #size = 0;
  /** How many of the oldest have their fold beside them. */
  #front = 0;
  #back = Number.NaN;

  /** `expected` readings fit without growing; it grows to eight times that, and then the oldest go. */
  constructor(overMs: number, expected: number, fold: Fold | null) {
    this.overMs = overMs;
    this.#fold = fold;
    this.#most = Math.max(64, expected * 8);
    this.#room = Math.max(8, expected + 1);
    this.#ring = new Float64Array(this.#room * STRIDE);
  }

  get size(): number {
    return this.#size;
  }

  /** The i-th oldest. */
  tick(i: number): number {
    return this.#ring[this.#placeOf(i) + TICK] ?? Number.NaN;
  }

  value(i: number): number {
    return this.#ring[this.#placeOf(i) + VALUE] ?? Number.NaN;
  }

  clear(): void {
    this.#head = 0;
    this.#size = 0;
    this.#front = 0;
    this.#back = Number.NaN;
  }

  push(tick: number, value: number): void {
    this.expire(tick);
    if (this.#size === this.#room) {
      if (this.#size < this.#most) this.#grow();
      else this.#drop();
    }
    const at = this.#placeOf(this.#size);
    const ring = this.#ring;
    ring[at + TICK] = tick;
    ring[at + VALUE] = value;
    this.#back = this.#size === this.#front ? value : this.#folded(this.#back, value);
    this.#size++;
  }

  /** Leaves only the readings with `tick − over < their tick`. */
  expire(tick: number): void {
    const oldest = tick - this.overMs;
    while (this.#size > 0 && (this.#ring[this.#head * STRIDE + TICK] ?? 0) <= oldest) this.#drop();
  }

  /** The fold of all values; NaN when empty. */
  folded(): number {
    if (this.#fold === null || this.#size === 0) return Number.NaN;
    if (this.#front === 0) return this.#back;
    const front = this.#ring[this.#head * STRIDE + FOLDED] ?? Number.NaN;
    return this.#front === this.#size ? front : this.#folded(front, this.#back);
  }

  #folded(a: number, b: number): number {
    if (this.#fold === 'sum') return a + b;
    return this.#fold === 'least' ? Math.min(a, b) : Math.max(a, b);
  }

  /** Where the i-th oldest begins in the ring, i up to its room. */
  #placeOf(i: number): number {
    const at = this.#head + i;
    return (at < this.#room ? at : at - this.#room) * STRIDE;
  }

  #drop(): void {
    if (this.#fold !== null) {
      if (this.#front === 0) this.#turn();
      this.#front--;
    }
    this.#head = this.#head + 1 === this.#room ? 0 : this.#head + 1;
    this.#size--;
  }

  #turn(): void {
    const ring = this.#ring;
    let fold = Number.NaN;
    for (let i = this.#size - 1; i >= 0; i--) {
      const at = this.#placeOf(i);
      const value = ring[at + VALUE] ?? Number.NaN;
      fold = i === this.#size - 1 ? value : this.#folded(value, fold);
      ring[at + FOLDED] = fold;
    }
    this.#front = this.#size;
  }

  #grow(): void {
    const room = Math.min(this.#most, this.#room * 2);
    const ring = new Float64Array(room * STRIDE);
    const first = this.#ring.subarray(this.#head * STRIDE);
    ring.set(first);
    ring.set(this.#ring.subarray(0, this.#head * STRIDE), first.length);
    this.#ring = ring;
    this.#room = room;
    this.#head = 0;
  }
}
