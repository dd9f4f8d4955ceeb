import type { BorrowedLine, LineAnswer, LineQuestion, SerialSettings } from '../driver.ts';
import { closedAnswer } from './guest.ts';
import type { Guests } from './line.ts';

/** One question of a job, to be asked as soon as the line can spare the time. */
export interface Turn {
  readonly question: LineQuestion;
  /** Called exactly once. */
  done(answer: LineAnswer): void;
}

/** What lends: a link's poller. */
export interface Lender {
  /** Of the line as it is now; undefined while it is down. */
  readonly guests: Guests | undefined;
  /** Takes the turn when it is free to; one at a time. */
  lend(turn: Turn): void;
  /** Forgets a turn that has not begun; false when it has. */
  recall(turn: Turn): boolean;
}

/** How a link's line is set, and whether that can be changed while it is open. */
export interface Settable {
  readonly settings?: SerialSettings;
  readonly isSettable?: boolean;
}

/** The line of a link in the hands of one job. */
export class Loan implements BorrowedLine {
  readonly settings: SerialSettings | undefined;
  readonly isSettable: boolean;
  readonly #lender: Lender;
  readonly #ended: () => void;
  #running: Promise<unknown> = Promise.resolve();
  #isOver = false;

  /** `ended` is called once, when it has been given back. */
  constructor(lender: Lender, { settings, isSettable = false }: Settable, ended: () => void) {
    this.settings = settings;
    this.isSettable = isSettable;
    this.#lender = lender;
    this.#ended = ended;
  }

  async ask(question: LineQuestion, signal: AbortSignal): Promise<LineAnswer> {
    signal.throwIfAborted();
    if (this.#isOver) return closedAnswer('the line was given back');
    const { promise, resolve, reject } = Promise.withResolvers<LineAnswer>();
    const ended = Promise.withResolvers<void>();
    const turn: Turn = {
      question,
      done: (answer) => {
        ended.resolve();
        resolve(answer);
      },
    };
    this.#running = ended.promise;
    const stop = () => {
      if (this.#lender.recall(turn)) ended.resolve();
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    this.#lender.lend(turn);
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#running;
    this.#lender.guests?.restore();
    this.#ended();
  }
}
