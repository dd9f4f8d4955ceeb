import type { Clock } from '#kit/clock.ts';

/** Addresses that are remembered; of more, those that asked longest ago are forgotten. */
const MOST_ADDRESSES = 1024;
/** How many seconds' worth may come at once. */
const BURST_SECONDS = 2;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** How many requests a second each address may make. */
export class AddressRate {
  readonly #rate: number;
  readonly #wire: Pick<Clock, 'tick'>;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: number, wire: Pick<Clock, 'tick'>) {
    this.#rate = rate;
    this.#wire = wire;
  }

  /** Whether the address may make one more request now. */
  take(address: string): boolean {
    const tick = this.#wire.tick();
    const most = this.#rate * BURST_SECONDS;
    const bucket = this.#buckets.get(address) ?? { tokens: most, filledAt: tick };
    bucket.tokens = Math.min(most, bucket.tokens + ((tick - bucket.filledAt) * this.#rate) / 1000);
    bucket.filledAt = tick;
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    for (const longestAgo of this.#buckets.keys()) {
      if (this.#buckets.size <= MOST_ADDRESSES) break;
      this.#buckets.delete(longestAgo);
    }
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}
