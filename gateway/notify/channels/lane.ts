import type { Sent } from './channel.ts';
import { CHANNEL_FAULTS } from './faults.ts';
import { later } from './sent.ts';

interface Job {
  readonly isUrgent: boolean;
  readonly start: () => void;
  readonly give: (sent: Sent) => void;
}

const takenBack = (): Sent => later(CHANNEL_FAULTS.cancelled, 'taken back');

/** Whether it was taken back before it went out, which is no failure of the channel. */
export const isTakenBack = (sent: Sent): boolean => sent.status === 'later' && sent.code === CHANNEL_FAULTS.cancelled;

/**
 * Sends of one channel, some at a time and the urgent first. At the bound what is not urgent goes, and where all is urgent
 * what came last, each with `later`: its sender still has it.
 */
export class Lane {
  readonly #atOnce: number;
  readonly #bound: number;
  readonly #closing = new AbortController();
  #jobs: Job[] = [];
  readonly #underWay = new Set<Promise<void>>();

  constructor(atOnce: number, bound: number) {
    this.#atOnce = atOnce;
    this.#bound = bound;
  }

  /** Those under way too. */
  get waiting(): number {
    return this.#jobs.length + this.#underWay.size;
  }

  /** Calls `send` when it is its turn, unless it was taken back before. */
  run(isUrgent: boolean, signal: AbortSignal, send: (signal: AbortSignal) => Promise<Sent>): Promise<Sent> {
    if (signal.aborted || this.#closing.signal.aborted) return Promise.resolve(takenBack());
    const { promise, resolve } = Promise.withResolvers<Sent>();
    const abort = () => {
      this.#jobs = this.#jobs.filter((each) => each !== job);
      resolve(takenBack());
    };
    const job: Job = {
      isUrgent,
      give: resolve,
      start: () => {
        signal.removeEventListener('abort', abort);
        const running = send(AbortSignal.any([signal, this.#closing.signal])).then((sent) => {
          this.#underWay.delete(running);
          resolve(sent);
          this.#look();
        });
        this.#underWay.add(running);
      },
    };
    signal.addEventListener('abort', abort, { once: true });
    const place = isUrgent ? this.#jobs.findIndex((each) => !each.isUrgent) : -1;
    this.#jobs.splice(place === -1 ? this.#jobs.length : place, 0, job);
    if (this.#jobs.length > this.#bound) this.#jobs.pop()?.give(later(CHANNEL_FAULTS.queueFull, `${this.#bound} wait`));
    this.#look();
    return promise;
  }

  /** Takes back what waits, and ends what is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const { give } of this.#jobs.splice(0)) give(takenBack());
    await Promise.all(this.#underWay);
  }

  #look(): void {
    while (this.#underWay.size < this.#atOnce && !this.#closing.signal.aborted) {
      const job = this.#jobs.shift();
      if (job === undefined) return;
      job.start();
    }
  }
}
