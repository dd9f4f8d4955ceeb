/** Work that is done a step at a time between other things, and tried again later when it fails. */
export class BackgroundWork {
  readonly #retryMs: number;
  readonly #next: () => Generator<void, void> | undefined;
  #running: Generator<void, void> | undefined;
  #notBefore = Number.NEGATIVE_INFINITY;
  /** What it last failed by; undefined while it goes well. */
  fault: unknown;

  /** `next` begins what is to be done, if anything is. */
  constructor(retryMs: number, next: () => Generator<void, void> | undefined) {
    this.#retryMs = retryMs;
    this.#next = next;
  }

  /** One step; true while there is more to do now. */
  step(): boolean {
    if (performance.now() < this.#notBefore) return false;
    try {
      this.#running ??= this.#next();
      if (this.#running === undefined) return false;
      if (this.#running.next().done === true) this.#running = undefined;
      this.fault = undefined;
      return true;
    } catch (error) {
      this.#running = undefined;
      this.#notBefore = performance.now() + this.#retryMs;
      this.fault = error;
      return false;
    }
  }
}
