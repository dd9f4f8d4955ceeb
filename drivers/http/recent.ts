/** What is remembered of a key. */
export interface Remembered {
  /** How it stands in the file; empty where it is of this run only. */
  readonly line: string;
  /** When it was signed, as the sender says, UTC milliseconds; undefined where it does not. */
  readonly signedAt?: number | undefined;
  /** Since when this run knows it, a tick. */
  readonly since: number;
}

/** Keys that have been seen lately, bounded: at the bound the oldest is forgotten. */
export class Recent {
  readonly #keys = new Map<string, Remembered>();
  readonly #bound: number;

  constructor(bound: number) {
    this.#bound = bound;
  }

  get size(): number {
    return this.#keys.size;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  add(key: string, remembered: Remembered): void {
    this.#keys.delete(key);
    this.#keys.set(key, remembered);
    if (this.#keys.size <= this.#bound) return;
    for (const oldest of this.#keys.keys()) {
      this.#keys.delete(oldest);
      return;
    }
  }

  /** Forgets the oldest, as long as they are over. */
  forget(isOver: (remembered: Remembered) => boolean): void {
    for (const [key, remembered] of this.#keys) {
      if (!isOver(remembered)) return;
      this.#keys.delete(key);
    }
  }

  /** The oldest first. */
  lines(): string[] {
    return Array.from(this.#keys.values(), ({ line }) => line).filter((line) => line !== '');
  }
}
