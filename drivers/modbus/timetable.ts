/** What fell due of one period, and how many whole periods went by without anybody looking. */
export interface Due {
  readonly everyMs: number;
  readonly skipped: number;
}

interface Entry {
  readonly everyMs: number;
  slot: number;
  tick: number;
}

/**
 * When polls are due: at whole multiples of their period since the epoch, so that a period of 5 s falls on :00, :05,
 * :10 whatever the time of the start, and at once at the start. A step of the wall clock moves the next due time and
 * counts as nothing skipped. Pure: both lines of the clock are handed in.
 */
export class Timetable {
  #entries: Entry[];

  constructor(periods: Iterable<number>) {
    this.#entries = [...new Set(periods)].map((everyMs) => ({ everyMs, slot: Number.NaN, tick: 0 }));
  }

  /** The periods are these from now on; those that are new have just been due. */
  change(periods: Iterable<number>, now: number, tick: number): void {
    const known = new Map(this.#entries.map((entry) => [entry.everyMs, entry]));
    this.#entries = [...new Set(periods)].map(
      (everyMs) => known.get(everyMs) ?? { everyMs, slot: Math.floor(now / everyMs), tick },
    );
  }

  take(now: number, tick: number): Due[] {
    const due: Due[] = [];
    for (const entry of this.#entries) {
      const slot = Math.floor(now / entry.everyMs);
      if (slot === entry.slot) continue;
      const passed = Number.isNaN(entry.slot) ? 1 : Math.min(slot - entry.slot, (tick - entry.tick) / entry.everyMs);
      due.push({ everyMs: entry.everyMs, skipped: Math.max(Math.round(passed) - 1, 0) });
      entry.slot = slot;
      entry.tick = tick;
    }
    return due;
  }

  /** Milliseconds to the next due time of any period that `counts`. */
  untilNext(now: number, counts: (everyMs: number) => boolean = () => true): number {
    let least = Number.POSITIVE_INFINITY;
    for (const { everyMs } of this.#entries) {
      if (counts(everyMs)) least = Math.min(least, everyMs - (now % everyMs));
    }
    return least;
  }
}
