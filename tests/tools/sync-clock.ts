import type { Clock } from '../../gateway/kit/clock.ts';

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/**
 * A clock for machines that do nothing in between: `next` runs what falls due, one after another, without giving
 * anything else a turn, so that a million steps take seconds.
 */
export class SyncClock implements Clock {
  #tick = 0;
  readonly #timers = new Set<Timer>();

  now = () => this.#tick;
  tick = () => this.#tick;
  trust = () => 'unknown' as const;

  get waiting(): number {
    return this.#timers.size;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { due: this.#tick + Math.max(ms, 0), run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  sleep(): Promise<void> {
    throw new Error('nobody sleeps here');
  }

  /** Runs the timer that is due next; false when there is none. Those of one instant run in the order of their setting. */
  next(): boolean {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.due < first.due) first = timer;
    if (first === undefined) return false;
    this.#timers.delete(first);
    this.#tick = Math.max(this.#tick, first.due);
    first.run();
    return true;
  }
}
