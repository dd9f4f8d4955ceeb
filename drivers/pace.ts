export interface PaceLimits {
  readonly perSecond: number;
  /** How many may come at one instant after a rest. */
  readonly burst: number;
}

/**
 * A rate that a sender must keep to in the long run. The generic cell rate algorithm (ITU-T I.371), one number of state.
 */
export class Pace {
  readonly #stepMs: number;
  readonly #burstMs: number;
  /** When the next one would be due if the sender kept exactly to the rate. */
  #dueAt = Number.NEGATIVE_INFINITY;

  constructor({ perSecond, burst }: PaceLimits) {
    this.#stepMs = 1000 / perSecond;
    this.#burstMs = burst * this.#stepMs;
  }

  /**
   * Takes one at `tick`, or what counts as several, and gives the milliseconds to wait before it is handled; 0 within the
   * rate. The sender slows down through TCP and nothing is lost.
   */
  waitMs(tick: number, weight = 1): number {
    this.#dueAt = Math.max(this.#dueAt, tick) + weight * this.#stepMs;
    return Math.max(0, this.#dueAt - tick - this.#burstMs);
  }

  /** Takes one if it is within the rate; one that is not counts for nothing, so that a flood does not lengthen itself. */
  take(tick: number): boolean {
    const dueAt = Math.max(this.#dueAt, tick) + this.#stepMs;
    if (dueAt - tick > this.#burstMs) return false;
    this.#dueAt = dueAt;
    return true;
  }

  /** Nothing is owed: it is as if it were new. */
  isRested(tick: number): boolean {
    return this.#dueAt <= tick;
  }
}
