import type { Written } from '../driver.ts';
import type { Unit } from './unit.ts';
import { WRITE_BEGINS, WRITE_CODES, type WritePlan, type WriteState } from './write.ts';

/** A value that waits to be written, or is being written. */
export interface WriteJob {
  readonly unit: Unit;
  readonly plan: WritePlan;
  state: WriteState;
  readonly end: (written: Written) => void;
}

/** So many writes wait on one link; the next one is refused. */
const MOST_WAITING = 16;

/** The writes of one link, in the order in which they were asked for. Each is ended exactly once. */
export class WriteQueue {
  readonly #waiting: WriteJob[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Aborting ends it only while nothing of it has been sent: afterwards its fate is waited for, which is bounded. */
  add(unit: Unit, plan: WritePlan, signal: AbortSignal | undefined): Promise<Written> {
    const { promise, resolve } = Promise.withResolvers<Written>();
    if (signal?.aborted) resolve({ done: false, code: WRITE_CODES.aborted });
    else if (this.#waiting.length >= MOST_WAITING) resolve({ done: false, code: WRITE_CODES.queueFull });
    else {
      const abort = () => {
        const at = this.#waiting.indexOf(job);
        if (at < 0 || job.state !== WRITE_BEGINS) return;
        this.#waiting.splice(at, 1);
        job.end({ done: false, code: WRITE_CODES.aborted });
      };
      const end = (written: Written) => {
        signal?.removeEventListener('abort', abort);
        resolve(written);
      };
      const job: WriteJob = { unit, plan, state: WRITE_BEGINS, end };
      signal?.addEventListener('abort', abort);
      this.#waiting.push(job);
    }
    return promise;
  }

  /** The first one whose unit can be asked now. */
  take(): WriteJob | undefined {
    const at = this.#waiting.findIndex(({ unit }) => !unit.busy);
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
  }

  /** It has not ended yet, and goes on before the others. */
  putBack(job: WriteJob): void {
    this.#waiting.unshift(job);
  }

  endAll(code: string): void {
    for (const job of this.#waiting.splice(0)) job.end({ done: false, code });
  }

  /** Those of units that are gone. */
  endGone(code: string): void {
    for (const job of this.#waiting.splice(0)) {
      if (job.unit.isGone) job.end({ done: false, code });
      else this.#waiting.push(job);
    }
  }
}
