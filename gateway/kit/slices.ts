/** So long one may work before others get their turn, ms: a small part of what the main loop may be late. */
const SLICE_MS = 4;

/**
 * Long work on the main loop, done in slices. Between two steps of it: `if (slices.isOver) await slices.next();`. Real time
 * by its nature, whatever clock a site goes by.
 */
export class Slices {
  #end = performance.now() + SLICE_MS;

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** After whatever else the loop has to do. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#end = performance.now() + SLICE_MS;
  }

  /** Runs what yields between its steps, to its end. Rejects with the signal's reason when aborted. */
  async run<T>(steps: Iterator<unknown, T>, signal?: AbortSignal): Promise<T> {
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      if (this.isOver) await this.next();
      signal?.throwIfAborted();
    }
  }
}
