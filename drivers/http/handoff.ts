import type { Clock } from '#kit/clock.ts';
import { Durable } from '../durable.ts';
import type { Reading, UntimedReading } from '../reading.ts';

/** What waits for the rules: some readings, and who wants to know when they have been handed on. */
interface Waiting {
  readonly readings: readonly UntimedReading[];
  readonly settle: (at: number | undefined) => void;
  readonly isAwaited: boolean;
}

/** Between senders that must be answered and the one reader of the link: a sender is told only once its readings were taken. */
export class Handoff {
  readonly #bound: number;
  #waiting: Waiting[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;
  readonly #durable: Durable;
  dropped = 0;

  constructor(bound: number, wire: Pick<Clock, 'sleep'>) {
    this.#bound = bound;
    this.#durable = new Durable(wire);
  }

  /** The time that the readings were handed on with; undefined if there is no room or nobody takes any: the sender may try again. */
  offer(readings: readonly UntimedReading[]): Promise<number | undefined> {
    if (this.#isClosed || this.#waiting.length >= this.#bound) return Promise.resolve(undefined);
    return new Promise((settle) => this.#add({ readings, settle, isAwaited: true }));
  }

  /** Readings of the link's own that nobody waits for, such as silence; dropped at the bound. */
  push(readings: readonly UntimedReading[]): void {
    if (this.#isClosed || this.#waiting.length >= this.#bound) this.dropped++;
    else this.#add({ readings, settle: () => {}, isAwaited: false });
  }

  /** Readings of these points are not handed on any more: who offered some is to send again, all that came with them. */
  forget(points: ReadonlySet<string>): void {
    const kept: Waiting[] = [];
    for (const item of this.#waiting) {
      const readings = item.readings.filter(({ point }) => !points.has(point));
      if (readings.length === item.readings.length) kept.push(item);
      else if (!item.isAwaited) kept.push({ ...item, readings });
      else item.settle(undefined);
    }
    this.#waiting = kept;
  }

  #add(item: Waiting): void {
    this.#waiting.push(item);
    this.#wake?.();
  }

  /** The batch that was taken last caused events: its senders are told once those are on disk. */
  kept(durable: Promise<unknown>): void {
    this.#durable.add(durable);
  }

  /** Ends with the signal; what was not taken by then is not settled as handed on. */
  async *batches(clock: Clock, signal: AbortSignal): AsyncGenerator<readonly Reading[]> {
    const wake = () => this.#wake?.();
    signal.addEventListener('abort', wake);
    let taken: Waiting[] = [];
    try {
      while (!signal.aborted) {
        if (this.#waiting.length === 0) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#wake = undefined;
          continue;
        }
        taken = this.#waiting;
        this.#waiting = [];
        const at = clock.now();
        const tick = clock.tick();
        const batch = taken.flatMap(({ readings }) => readings.map((reading) => ({ ...reading, at, tick })));
        if (batch.length > 0) yield batch;
        // The reader has come back for more: it has taken these.
        void this.#settle(taken, at);
        taken = [];
      }
    } finally {
      signal.removeEventListener('abort', wake);
      this.#isClosed = true;
      for (const { settle } of [...taken, ...this.#waiting]) settle(undefined);
      this.#waiting = [];
    }
  }

  async #settle(taken: readonly Waiting[], at: number): Promise<void> {
    const settled = this.#durable.settled();
    if (settled !== undefined) await settled;
    for (const { settle } of taken) settle(at);
  }
}
