export interface PaceLimits {
  readonly perSecond: number;
  /** How many may come at one instant after a rest. */
  readonly burst: number;
}

/**
 * How long to hold a message back so that its sender keeps to a rate in the long run: the sender slows down through
 * TCP and nothing is lost. The generic cell rate algorithm (ITU-T I.371), one number of state.
 */
export class Pace {
  readonly #stepMs: number;
  readonly #burstMs: number;
  /** When the next message would be due if the sender kept exactly to the rate. */
  #dueAt = Number.NEGATIVE_INFINITY;

  constructor({ perSecond, burst }: PaceLimits) {
    this.#stepMs = 1000 / perSecond;
    this.#burstMs = burst * this.#stepMs;
  }

  /** Takes one message at `tick` and gives the milliseconds to wait before it is handled; 0 within the rate. */
  waitMs(tick: number): number {
    this.#dueAt = Math.max(this.#dueAt, tick) + this.#stepMs;
    return Math.max(0, this.#dueAt - tick - this.#burstMs);
  }
}
