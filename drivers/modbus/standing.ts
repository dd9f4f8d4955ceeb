/** A unit is asked again no sooner than so many of its time-outs after a request that it did not answer. */
const PATIENCE_TIMEOUTS = 4;
/** After one that stands alone it is let alone for so much of a time-out: what comes late is heard, and no other poll is lost. */
const PAUSE_TIMEOUTS = 0.5;
/** It stands alone when the one before was so many time-outs ago. */
const CALM_TIMEOUTS = 12;
/** A unit that answers late is waited for longer, up to so many of the link's time-outs. */
const MOST_TIMEOUTS = 5;
/** How much longer than its slowest answer a unit is waited for, and how slowly that is forgotten. */
const MARGIN = 1.5;
const FORGET = 0.95;
/** A unit that is away and was quick before is probed for so many of its slowest answers, and never for less than that. */
const PROBE_ANSWERS = 4;
const PROBE_LEAST_MS = 100;
/** Of so many probes one has the whole time-out: a unit that is slower when it comes back may disturb the others. */
const PATIENT_PROBE = 16;

/** How one unit stands with its master. Pure: times are handed in, milliseconds of the wire's line. */
export class Standing {
  readonly #baseMs: number;
  readonly #patient: boolean;
  #timeoutMs: number;
  #slowestMs = 0;
  #failures = 0;
  #answeredOnce = false;
  #isDoubted = false;
  /** Its last failure came soon after the one before. */
  #isTroubled = false;
  #failedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;

  /** `patient`: the line has no transaction numbers, so a late reply must have had time to pass before a new request. */
  constructor(timeoutMs: number, patient: boolean) {
    this.#baseMs = timeoutMs;
    this.#timeoutMs = timeoutMs;
    this.#patient = patient;
  }

  /**
   * How long its answer is waited for: the link's time-out, more for a unit that was seen to be late, less for one that
   * is away, since each probe in vain is taken from the others.
   */
  get timeoutMs(): number {
    if (!this.isAway || !this.#answeredOnce || this.#failures % PATIENT_PROBE === 0) return this.#timeoutMs;
    return this.answerMs;
  }

  /** Its last request was not answered, so an answer may still be on its way: it is greeted first. */
  get isSuspect(): boolean {
    return this.#failures > 0 || this.#isDoubted;
  }

  /** Two requests in a row unanswered, or the first one ever: it is only probed until it answers. */
  get isAway(): boolean {
    return this.#failures > (this.#answeredOnce ? 1 : 0);
  }

  get answers(): boolean {
    return this.#answeredOnce && this.#failures === 0;
  }

  /** When it was last asked. */
  get askedAt(): number {
    return this.#askedAt;
  }

  mayAsk(now: number): boolean {
    const isBad = this.isAway || (this.#failures > 0 && this.#isTroubled);
    return !(isBad && this.#patient) || now - this.#askedAt >= PATIENCE_TIMEOUTS * this.#timeoutMs;
  }

  /** How long it rests after a request that it did not answer. */
  get pauseMs(): number {
    return this.#patient && !this.isAway && !this.#isTroubled ? PAUSE_TIMEOUTS * this.#timeoutMs : 0;
  }

  /** How long its answers take at most, as far as was seen. */
  get answerMs(): number {
    return Math.min(this.#timeoutMs, Math.max(PROBE_LEAST_MS, PROBE_ANSWERS * this.#slowestMs));
  }

  asked(now: number): void {
    this.#askedAt = now;
  }

  /** Somebody else asked it, or what had its address before, and was not answered. It is no failure of its own. */
  doubt(): void {
    this.#isDoubted = this.#patient;
  }

  answered(tookMs: number): void {
    this.#failures = 0;
    this.#isDoubted = false;
    this.#answeredOnce = true;
    this.#slowestMs = Math.max(tookMs, this.#slowestMs * FORGET);
    this.#learn(Math.max(tookMs > this.#baseMs ? tookMs * MARGIN : 0, this.#timeoutMs * FORGET));
  }

  failed(): void {
    this.#failures++;
    this.#isTroubled = this.#askedAt - this.#failedAt < CALM_TIMEOUTS * this.#timeoutMs;
    this.#failedAt = this.#askedAt;
  }

  /** Its reply came after all. It lives, and answers the next time if it is waited for so long. */
  late(afterMs: number): void {
    if (afterMs <= this.#baseMs * MOST_TIMEOUTS && this.isAway) {
      this.#failures = 1;
      this.#answeredOnce = true;
    }
    this.#learn(Math.max(afterMs * MARGIN, this.#timeoutMs));
    // What was owed has come: nothing more to wait for.
    this.#askedAt = Number.NEGATIVE_INFINITY;
  }

  #learn(ms: number): void {
    this.#timeoutMs = Math.min(Math.max(ms, this.#baseMs), this.#baseMs * MOST_TIMEOUTS);
  }
}

/**
 * How often a link may ask units that are away. A request that is not answered takes time from all the others, so
 * after one there is a pause in which its cost is a small share of the link's time, however many units are away.
 * After one that is answered there is none: what went away together comes back together.
 */
export class ProbePace {
  readonly #share: number;
  #nextAt = Number.NEGATIVE_INFINITY;

  /** `share`: of the time of one of the link's slots, 0 to 1. */
  constructor(share: number) {
    this.#share = share;
  }

  mayProbe(now: number): boolean {
    return now >= this.#nextAt;
  }

  cost(now: number, tookMs: number): void {
    this.#nextAt = now + tookMs / this.#share;
  }

  reset(): void {
    this.#nextAt = Number.NEGATIVE_INFINITY;
  }
}
