import type { Clock } from '#kit/clock.ts';
import type { Asker } from './asker.ts';
import { closedAnswer } from './guest.ts';
import type { Turn } from './loan.ts';
import { ProbePace } from './standing.ts';

/** Of a busy link's time so much may go to a job's questions. */
const GUEST_SHARE = 0.05;
/** What a question of a job takes beside its time-out: setting the line, and its bytes, ms; at first, and at least. */
const FIRST_EXTRA_MS = 60;
const LEAST_EXTRA_MS = 10;

/** The question that a job waits to ask, and when the line can spare the time. One at a time. */
export class GuestTurns {
  readonly #asker: Asker;
  readonly #wire: Clock;
  readonly #pace = new ProbePace(GUEST_SHARE);
  #turn: Turn | undefined;
  #extraMs = FIRST_EXTRA_MS;

  constructor(asker: Asker, wire: Clock) {
    this.#asker = asker;
    this.#wire = wire;
  }

  get isWanted(): boolean {
    return this.#turn !== undefined;
  }

  want(turn: Turn): void {
    this.#turn = turn;
  }

  /** False when it has begun. */
  recall(turn: Turn): boolean {
    if (this.#turn !== turn) return false;
    this.#turn = undefined;
    return true;
  }

  /** The line is down. */
  end(): void {
    const turn = this.#turn;
    this.#turn = undefined;
    turn?.done(closedAnswer('the link is down'));
  }

  /**
   * False while the link's own devices need the line: where they always do, a small share of its time is given.
   * `isIdleFor`: nobody else needs it for so long, ms of the site's clock.
   */
  begin(isIdleFor: (clockMs: number) => boolean): boolean {
    const turn = this.#turn;
    if (turn === undefined || this.#asker.line?.guests === undefined) return false;
    const now = this.#wire.tick();
    const isFree = isIdleFor((turn.question.timeoutMs + this.#extraMs) * this.#asker.clockRate(now));
    if (!(isFree || this.#pace.mayProbe(now))) return false;
    this.#turn = undefined;
    this.#asker.askGuest(turn.question, (answer, tookMs) => {
      this.#extraMs = Math.max(tookMs - turn.question.timeoutMs, this.#extraMs * 0.9, LEAST_EXTRA_MS);
      if (!isFree) this.#pace.cost(this.#wire.tick(), tookMs);
      turn.done(answer);
    });
    return true;
  }
}
