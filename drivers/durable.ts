import type { Clock } from '#kit/clock.ts';

/** How long a sender waits to hear that its message arrived, while what it caused does not reach the disk. */
const PATIENCE_MS = 2000;

/** What the batches that were taken last have caused, on its way to the disk: for a link that tells its senders what has arrived. */
export class Durable {
  readonly #wire: Pick<Clock, 'sleep'>;
  #waiting: Promise<unknown>[] = [];

  constructor(wire: Pick<Clock, 'sleep'>) {
    this.#wire = wire;
  }

  /** `OpenLink.kept`. */
  add(durable: Promise<unknown>): void {
    this.#waiting.push(durable);
  }

  /** Resolves once all that was added before is on disk, or has taken too long: a fire waits for no disk. Undefined: there is nothing. */
  settled(): Promise<void> | undefined {
    const waiting = this.#waiting;
    if (waiting.length === 0) return undefined;
    this.#waiting = [];
    return this.#settle(waiting);
  }

  async #settle(waiting: readonly Promise<unknown>[]): Promise<void> {
    const late = new AbortController();
    const patience = this.#wire.sleep(PATIENCE_MS, late.signal).catch(() => {});
    await Promise.race([Promise.allSettled(waiting), patience]);
    late.abort();
  }
}
