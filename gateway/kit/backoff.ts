export interface BackoffOptions {
  readonly firstMs: number;
  readonly mostMs: number;
  /** 0 to 1: how much of the wait is left to chance, so that many do not come back at one instant. */
  readonly jitter?: number;
  readonly random?: () => number;
}

/** Waits that double from `firstMs` up to `mostMs`, until `reset`. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Counts one failure and says how many milliseconds to wait before the next attempt. */
  next(): number {
    const { firstMs, mostMs, jitter = 0, random = Math.random } = this.#options;
    const wait = Math.min(mostMs, firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return wait * (1 - jitter * random());
  }

  reset(): void {
    this.#failures = 0;
  }
}
