const MINUTE_MS = 60_000;

/**
 * Requests that may go out, `aMinute` in any minute at most: a third of them at once, the others evenly. Of those at once a
 * part is kept for what is urgent.
 */
export class TokenBucket {
  readonly #most: number;
  readonly #everyMs: number;
  readonly #kept: number;
  #tokens: number;
  #at: number;

  /** `tick`: of the clock whose ticks the others are given. `aMinute` is 3 or more. */
  constructor(aMinute: number, tick: number) {
    this.#most = Math.floor(aMinute / 3);
    this.#everyMs = MINUTE_MS / (aMinute - this.#most);
    this.#kept = Math.floor(this.#most / 3);
    this.#tokens = this.#most;
    this.#at = tick;
  }

  at(tick: number): number {
    const gained = Math.max(0, tick - this.#at) / this.#everyMs;
    this.#tokens = Math.min(this.#most, this.#tokens + gained);
    this.#at = Math.max(tick, this.#at);
    return this.#tokens;
  }

  /** Takes one, unless there is none for such a message. */
  take(tick: number, isUrgent: boolean): boolean {
    if (this.waitMs(tick, isUrgent) > 0) return false;
    this.#tokens--;
    return true;
  }

  /** Milliseconds until `take` can be answered with true. */
  waitMs(tick: number, isUrgent: boolean): number {
    const wanted = 1 + (isUrgent ? 0 : this.#kept);
    return Math.max(0, Math.ceil((wanted - this.at(tick)) * this.#everyMs - 1e-6));
  }
}
