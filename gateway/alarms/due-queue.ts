interface Due {
  readonly tick: number;
  readonly name: string;
}

/** A heap may hold so many that are out of date for each that is not, and some more. */
const SPARE = 64;

const isBefore = (a: Due, b: Due): boolean => a.tick < b.tick || (a.tick === b.tick && a.name < b.name);

/**
 * What is due when, by name, the nearest at hand: a binary heap in which what was set anew is passed over when it comes up.
 * Of what is due at one instant the order is that of the names, so that it is the same after a restart.
 */
export class DueQueue {
  readonly #due = new Map<string, number>();
  #heap: Due[] = [];

  /** Infinity: nothing of that name is due. */
  set(name: string, tick: number): void {
    if (!Number.isFinite(tick)) {
      this.#due.delete(name);
      return;
    }
    if (this.#due.get(name) === tick) return;
    this.#due.set(name, tick);
    this.#push({ tick, name });
    if (this.#heap.length > 2 * this.#due.size + SPARE) this.#tidy();
  }

  /** The tick of the nearest; Infinity when there is none. */
  get next(): number {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#due.get(top.name) === top.tick) return top.tick;
      this.#pop();
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Takes the nearest out, if it is due by then. */
  take(tick: number): Due | null {
    if (this.next > tick) return null;
    const [top] = this.#heap;
    if (top === undefined) return null;
    this.#pop();
    this.#due.delete(top.name);
    return top;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !isBefore(due, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const least = isRight ? right : left;
      if (!isBefore(least, last)) break;
      heap[at] = least;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = last;
  }

  #tidy(): void {
    this.#heap = [...this.#due].map(([name, tick]) => ({ tick, name })).sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }
}

/** The wall clock may be read so far from the line that never steps before it counts as set anew, ms. */
const CLOCK_STEP_MS = 1000;

/** What is due by `at` happens at the time that was told, unless the clock has been set anew since. */
export const toldAt = (told: number | undefined, at: number): number =>
  told === undefined || Math.abs(at - told) > CLOCK_STEP_MS ? at : told;
