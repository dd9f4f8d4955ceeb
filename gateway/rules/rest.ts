/**
 * What a reading is held against while its rule is at rest, and what is kept of it then: nearly every reading of a site goes
 * so far and no further. Those of all rules at work lie side by side in the order of the points (`Feeds`), since what they
 * cost is reaching them.
 */
export class Rest {
  #cells: Float64Array = Float64Array.of(Number.NaN, Number.NaN, Number.NaN, NEVER, NEVER);
  #from = 0;

  get(cell: number): number {
    return this.#cells[this.#from + cell] ?? Number.NaN;
  }

  set(cell: number, value: number): void {
    this.#cells[this.#from + cell] = value;
  }

  /** Not at rest, and nothing read in the present opening. */
  rouse(): void {
    this.set(LOW, Number.NaN);
    this.set(HIGH, Number.NaN);
    this.set(GOOD, NEVER);
  }

  /** From now on it lies there. */
  moveTo(cells: Float64Array, from: number): void {
    for (let cell = 0; cell < CELLS; cell++) cells[from + cell] = this.get(cell);
    this.#cells = cells;
    this.#from = from;
  }
}

/** From here to `HIGH`, both included, a good value changes nothing; NaN where any may. */
export const LOW = 0;
export const HIGH = 1;
/** The newest good value, where nothing else is kept of it. */
export const VALUE = 2;
/** The tick of the newest good reading … */
export const LAST = 3;
/** … and of the newest in the present opening; -Infinity where there is none. */
export const GOOD = 4;
/** So many are of one rule on one point. */
export const CELLS = 5;

const NEVER = Number.NEGATIVE_INFINITY;
