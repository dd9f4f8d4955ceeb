/** A clock is off when its times are so many periods of its data away: as old as that no rule takes them. */
const OFF_PERIODS = 3;
/** It is right again within so many: what is near the limit is told once. */
const RIGHT_PERIODS = 2;
/** So long a clock must have been off, ms: one time that is off may be of a value that was kept. */
const OFF_FOR_MS = 60_000;
/** What has gone so much faster than the line is what was kept, and says nothing of the clock, ms. */
const FASTER_MS = 5000;
/** So long without the finest data, the times of others count, ms. */
const WITHOUT_MS = 3_600_000;

/**
 * Whether an instrument's clock is off, by the times of its finest data against the gateway's clock. A clock that is off
 * gives times that go as the line does, or that stand; what was kept while the instrument was away comes faster.
 */
export class ClockWatch {
  #offMs: number | undefined;
  #source = Number.POSITIVE_INFINITY;
  #heardAt = Number.NEGATIVE_INFINITY;
  /** Whether times have been off without a break, and the first of them, with its tick. */
  #isSuspect = false;
  #firstAt = 0;
  #firstTick = 0;

  /** How far it is off: positive where it is ahead. Undefined while it is right, or nobody knows. */
  get offMs(): number | undefined {
    return this.#offMs;
  }

  /**
   * A time that came with data, UTC ms. `source`: which data of the instrument's, the finest is 0; each has its own delay,
   * so only one is gone by. `now`: what the gateway's clock says, on whose line `tick` is. Gives what has become of it,
   * where that is news.
   */
  hear(at: number, everyMs: number, source: number, now: number, tick: number): 'off' | 'right' | undefined {
    if (source > this.#source && tick - this.#heardAt < WITHOUT_MS) return undefined;
    if (source !== this.#source) this.#isSuspect = false;
    this.#source = source;
    this.#heardAt = tick;
    const wasOff = this.#offMs !== undefined;
    const offMs = at - now;
    if (Math.abs(offMs) <= (wasOff ? RIGHT_PERIODS : OFF_PERIODS) * everyMs) {
      this.forget();
      return wasOff ? 'right' : undefined;
    }
    if (!this.#isSuspect || at - this.#firstAt - (tick - this.#firstTick) > FASTER_MS) {
      this.#isSuspect = true;
      this.#firstAt = at;
      this.#firstTick = tick;
      return undefined;
    }
    if (tick - this.#firstTick < OFF_FOR_MS) return undefined;
    this.#offMs = offMs;
    return wasOff ? undefined : 'off';
  }

  /** Nothing is known of it any more, as while the gateway itself does not know the time. */
  forget(): void {
    this.#offMs = undefined;
    this.#isSuspect = false;
  }
}
