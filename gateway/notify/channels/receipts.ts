import type { Receipt } from './channel.ts';

const MOST_EARLY = 100;

/** Hands receipts to who listens; those that come before anybody does are kept, the latest of them. */
export class Receipts {
  readonly #listeners = new Set<(receipt: Receipt) => void>();
  #early: Receipt[] = [];

  give(receipt: Receipt): void {
    if (this.#listeners.size === 0) this.#early = [...this.#early, receipt].slice(-MOST_EARLY);
    for (const listener of this.#listeners) listener(receipt);
  }

  listen(listener: (receipt: Receipt) => void): () => void {
    this.#listeners.add(listener);
    for (const receipt of this.#early.splice(0)) listener(receipt);
    return () => void this.#listeners.delete(listener);
  }
}
