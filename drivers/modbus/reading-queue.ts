import type { Clock } from '#kit/clock.ts';
import type { Reading } from '../reading.ts';
import type { Draft } from './draft.ts';

/** A reader that stalls is owed so many polls, or more where there are many devices; then the oldest go. */
const LEAST_BOUND = 64;
const POLLS_PER_DEVICE = 4;

const boundFor = (devices: number): number => Math.max(LEAST_BOUND, POLLS_PER_DEVICE * devices);

/**
 * What came of polls, until the link's reader takes it. At the bound the oldest poll goes, and `dropped` counts it. It is
 * a queue of its own since every reading passes here: what gathered while one chunk was read becomes one batch.
 */
export class ReadingQueue {
  readonly #clock: Clock;
  #devices: number;
  #polls: Draft[][] = [];
  #wake: (() => void) | undefined;
  dropped = 0;

  constructor(devices: number, clock: Clock) {
    this.#clock = clock;
    this.#devices = devices;
  }

  /** What waits of these points is not told any more; from now on there are so many devices more. */
  forget(points: ReadonlySet<string>, more: number): void {
    this.#polls = this.#polls.filter(([first]) => first === undefined || !points.has(first.point));
    this.#devices += more;
  }

  push(drafts: Draft[]): void {
    if (this.#polls.length >= boundFor(this.#devices)) {
      this.#polls.shift();
      this.dropped++;
    }
    this.#polls.push(drafts);
    this.#wakeUp();
  }

  /** Batches, each of one time, until one of the signals is aborted. */
  async *readings(...signals: readonly AbortSignal[]): AsyncGenerator<readonly Reading[]> {
    let isOver = signals.some(({ aborted }) => aborted);
    const end = () => {
      isOver = true;
      this.#wakeUp();
    };
    for (const signal of signals) signal.addEventListener('abort', end);
    try {
      while (!isOver) {
        if (this.#polls.length > 0) {
          yield this.#take();
          continue;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      for (const signal of signals) signal.removeEventListener('abort', end);
    }
  }

  /** Once: to resolve a promise again is slow, and several polls end in one turn. */
  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** One look at the clock and one pass for all that waits: this is done for every reading. */
  #take(): readonly Reading[] {
    const polls = this.#polls;
    this.#polls = [];
    const at = this.#clock.now();
    const tick = this.#clock.tick();
    const [batch = []] = polls;
    for (let i = 0; i < polls.length; i++) {
      const drafts = polls[i] ?? [];
      for (let j = 0; j < drafts.length; j++) {
        const draft = drafts[j];
        if (draft === undefined) continue;
        draft.at = at;
        draft.tick = tick;
        if (i > 0) batch.push(draft);
      }
    }
    // All of them have their times now.
    return batch as Reading[];
  }
}
