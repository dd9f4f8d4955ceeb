/**
 * A bounded first-in first-out queue between callbacks and an async reader.
 * At the bound the oldest goes, and `dropped` counts it.
 */
export class Queue<T> {
  readonly #items: T[] = [];
  readonly #bound: number;
  #wake: (() => void) | undefined;
  dropped = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    if (this.#items.length >= this.#bound) {
      this.#items.shift();
      this.dropped++;
    }
    this.#items.push(item);
    this.#wake?.();
  }

  /** What has gathered, as soon as there is any; ends when the signal is aborted. */
  async *batches(signal: AbortSignal): AsyncGenerator<T[]> {
    const wake = () => this.#wake?.();
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        if (this.#items.length > 0) {
          yield this.#items.splice(0);
          continue;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }
}
