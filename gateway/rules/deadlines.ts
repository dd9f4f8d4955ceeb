/** Something that is looked at when its time has come. */
export interface Due {
  /** Ties are settled by it, so that the same readings always give the same order. */
  order: number;
  /** The tick that it waits for in the heap; Infinity when it is not in it. */
  armed: number;
  nextDue(): number;
  fire(tick: number): void;
}

/**
 * The deadlines of all watches: a binary heap by tick. A watch whose deadline moves later is not moved; it is looked at
 * at the old time and armed anew, so that a reading costs nothing here unless a deadline comes nearer.
 */
export class Deadlines {
  readonly #heap: { readonly tick: number; readonly due: Due }[] = [];

  /** Takes note of where the next deadline of `due` now lies. */
  arm(due: Due): void {
    const tick = due.nextDue();
    if (tick >= due.armed) return;
    due.armed = tick;
    this.#push({ tick, due });
  }

  /** The earliest tick at which something is to be looked at; Infinity when nothing waits. */
  get next(): number {
    return this.#heap[0]?.tick ?? Number.POSITIVE_INFINITY;
  }

  /** Looks at the earliest; fires it if it is really due by then. `now`: time has come so far, and never goes back. */
  run(now: number): void {
    const top = this.#pop();
    if (top === undefined || top.due.armed !== top.tick) return;
    top.due.armed = Number.POSITIVE_INFINITY;
    if (top.due.nextDue() <= top.tick) top.due.fire(Math.max(top.tick, now));
    this.arm(top.due);
  }

  /** It waits no more, and never will again. */
  drop(due: Due): void {
    due.armed = Number.NEGATIVE_INFINITY;
  }

  /** The orders of what waits have been changed among each other. */
  reorder(): void {
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  #before(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a], this.#heap[b]];
    if (x === undefined || y === undefined) return false;
    return x.tick < y.tick || (x.tick === y.tick && x.due.order < y.due.order);
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#heap[a], this.#heap[b]];
    if (x === undefined || y === undefined) return;
    this.#heap[a] = y;
    this.#heap[b] = x;
  }

  #push(item: { readonly tick: number; readonly due: Due }): void {
    let i = this.#heap.push(item) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#before(i, parent)) break;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #pop(): { readonly tick: number; readonly due: Due } | undefined {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    if (top === undefined || last === undefined || this.#heap.length === 0) return top;
    this.#heap[0] = last;
    this.#sink(0);
    return top;
  }

  #sink(from: number): void {
    for (let i = from; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      const child = this.#before(right, left) ? right : left;
      if (!this.#before(child, i)) return;
      this.#swap(child, i);
      i = child;
    }
  }
}
