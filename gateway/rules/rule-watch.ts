import { isFire } from './detector.ts';
import type { Answer, Finding, Level, Watch } from './finding.ts';
import { Levels } from './levels.ts';
import type { RulePoint } from './point.ts';
import type { Probe } from './probe.ts';
import { GOOD, HIGH, LOW, Rest } from './rest.ts';
import type { Rule } from './rule.ts';
import type { Schedule } from './schedule.ts';
import type { WatchSurroundings } from './surroundings.ts';
import { WatchPermit } from './watch-permit.ts';
import type { WatchState } from './watch-state.ts';
import type { While } from './while.ts';

export interface RuleWatchOptions {
  /** Its place among all watches: ties of time are settled by it. */
  readonly order: number;
  readonly watch: Watch;
  readonly rule: Rule;
  readonly point: RulePoint;
  readonly probe: Probe;
  /** Lowest first. */
  readonly levels: readonly Level[];
  readonly schedule: Schedule;
  readonly while: While | null;
  /** Of all that it is judged by. */
  readonly meaning: number;
  /** UTC ms from which its device's certificate is not valid any more. */
  readonly validEnd: number;
  readonly tick: number;
  readonly around: WatchSurroundings;
}

/** Reason and code of what `while` says. */
export const WHILE = 'while';
/** Reason why what is active returns when a permit comes to cover it, for a rule of work without one. */
const PERMIT = 'permit';
const stored = (tick: number): number | null => (Number.isFinite(tick) ? tick : null);

/** One rule on one point: its levels, its deadlines, its answer. Driven by the engine; it reads no clock. */
export class RuleWatch {
  /** By it a reading of a rule that is at rest passes by; the first of its fields, since most look at no other. */
  readonly rest: Rest;
  readonly watch: Watch;
  readonly rule: Rule;
  readonly point: RulePoint;
  readonly probe: Probe;
  readonly schedule: Schedule;
  readonly while: While | null;
  /** The tick at which it is next looked at by the engine. */
  armed = Number.POSITIVE_INFINITY;
  /** Its place among all watches. */
  order: number;
  /** Of all that it is judged by. */
  readonly meaning: number;

  /** It has several inputs, and is evaluated when all readings of an instant are in. */
  readonly isJoint: boolean;
  /** Time alone can make it true. */
  readonly #isTimed: boolean;
  readonly #permit: WatchPermit;
  /** Readings alone can change its answer; of a legal rule and of one with `while`, time too. */
  readonly #isPlain: boolean;
  /** How many of its levels hold while it is at rest; -1 when it is not. */
  #resting = -1;
  readonly #levels: Levels;
  readonly #around: WatchSurroundings;
  readonly #clearMs: number;
  readonly #validEnd: number;
  /** The tick from which its point, or the present opening, has been there. */
  #since: number;
  #code: string | null = null;
  #codeSince = Number.NEGATIVE_INFINITY;
  #answer: Answer = 'normal';
  #answerAt: number;
  #asOf = Number.NEGATIVE_INFINITY;
  /** Its state differs from what was last saved. */
  isUnsaved = true;

  constructor(options: RuleWatchOptions) {
    const { rule, point, schedule, around, tick } = options;
    this.order = options.order;
    this.watch = options.watch;
    this.rule = rule;
    this.point = point;
    this.probe = options.probe;
    this.rest = options.probe.rest ?? new Rest();
    this.isJoint = options.probe.inputs.length > 1;
    this.#isTimed = rule.kind === 'silent';
    this.#permit = new WatchPermit(rule, point, schedule, around);
    this.#isPlain = !rule.legal && options.while === null;
    this.schedule = schedule;
    this.while = options.while;
    this.#levels = new Levels(options.levels);
    this.#clearMs = rule.clear.for;
    this.#validEnd = options.validEnd;
    this.meaning = options.meaning;
    this.#since = tick;
    this.#around = around;
    this.#answerAt = around.at(tick);
    this.#permit.lookAtForce(this.#answerAt);
    if (!schedule.now.inForce || this.#permit.isBarred) this.#answer = 'not-in-force';
    this.#permit.look(this.#answerAt);
  }

  get answer(): Answer {
    return this.#answer;
  }

  get code(): string | null {
    return this.#code;
  }

  get answerAt(): number {
    return this.#answerAt;
  }

  get isInForce(): boolean {
    return this.schedule.now.inForce && this.while?.isFalse !== true && !this.#permit.isBarred;
  }

  /** Whether it was ever given a good reading in its present opening. */
  get hasRead(): boolean {
    return Number.isFinite(this.#lastGood);
  }

  /** Nothing is pending: it has no deadline, and a reading that passes the levels that hold, and no other, changes nothing. */
  get isAtRest(): boolean {
    return this.#resting >= 0;
  }

  /** The tick of the newest good reading in the present opening. */
  get #lastGood(): number {
    return this.rest.get(GOOD);
  }

  set #lastGood(tick: number) {
    this.rest.set(GOOD, tick);
  }

  get holdsLevel(): boolean {
    return this.#levels.isHeld;
  }

  /** Feeds a good reading in. True when it is to be evaluated: it is in force, and not from before what was restored. */
  take(input: number, tick: number, value: number | string): boolean {
    if (this.#resting >= 0 && (this.#isPlain || this.#refusal(tick) === null)) {
      this.probe.take(input, tick, value);
      this.#lastGood = tick;
      return !this.probe.isQuiet(this.#resting);
    }
    if (!this.isInForce || (this.#permit.isOfForce && tick < this.#since)) return false;
    const gap = tick > this.probe.validUntil(this.holdsLevel) && Number.isFinite(this.#lastGood);
    // What cannot be said to be of the time that the rule is of stays out; but who sends is not silent.
    if (this.#isTimed || this.while?.isKnown(tick) !== false) this.probe.take(input, tick, value);
    else this.probe.restore(tick);
    if (this.#lastGood === Number.NEGATIVE_INFINITY && this.schedule.now.opening === null && tick > this.#asOf) {
      this.#since = tick;
      this.isUnsaved = true;
    }
    this.#lastGood = Math.max(this.#lastGood, tick);
    if (tick <= this.#asOf) return false;
    if (gap) this.#breakPending();
    return true;
  }

  /** A reading of its own point that is not good: beyond a gap it cannot be evaluated any more. */
  miss(tick: number, why: string): void {
    if (this.probe.miss !== undefined) {
      if (!this.isInForce) return;
      this.probe.miss(tick, why);
      this.#lastGood = Math.max(this.#lastGood, tick);
      if (tick > this.#asOf) this.evaluate(tick);
      return;
    }
    if (!this.isInForce || this.rule.kind === 'silent' || this.#code !== null || tick <= this.#asOf) return;
    if (tick <= this.probe.validUntil(this.holdsLevel)) return;
    this.#breakPending();
    this.#setCode('offline', tick);
    this.#tell(tick, false);
  }

  /** Holds what is known against the limits, at a good reading. */
  evaluate(tick: number): void {
    const code = this.#refusal(tick) ?? this.probe.code(tick, this.#since);
    if (code !== null) {
      // As it was said already, and nothing has begun since.
      if (code === this.#code && this.#answer === 'not-evaluable' && !this.#levels.isPending) return;
      this.#breakPending();
      this.#setCode(code, tick);
      this.#tell(tick, false);
      return;
    }
    this.#setCode(null, tick);
    if (this.#levels.evaluate(this.probe, tick, this.#holdMs, this.#clearMs)) this.isUnsaved = true;
    this.#tell(tick, false);
    this.#restAt(this.isJoint || this.#isTimed || this.#levels.isPending ? -1 : this.#levels.held);
  }

  /** The tick of its next deadline; Infinity when there is none that will be borne out. */
  nextDue(): number {
    if (!this.isInForce) return Number.POSITIVE_INFINITY;
    if (!this.#isTimed && !this.#levels.isPending) return Number.POSITIVE_INFINITY;
    const known = this.while?.validUntil ?? Number.POSITIVE_INFINITY;
    const valid = Math.min(this.probe.validUntil(this.holdsLevel), known);
    const due = this.#levels.nextDue(valid, this.#holdMs, this.#clearMs);
    // Of time before its `while` was known nothing is said; once it is, what has come true meanwhile is.
    const from = this.while?.validFrom ?? Number.NEGATIVE_INFINITY;
    const byTime = this.#levels.isLowestAtRest
      ? Math.max(this.probe.dueByTime(this.#since), from)
      : Number.POSITIVE_INFINITY;
    // What was due by then has been done: what is read again of that time only fills windows.
    return Math.max(Math.min(due, byTime <= known ? byTime : Number.POSITIVE_INFINITY), this.#asOf + 1);
  }

  /** A deadline of its own has come. */
  fire(tick: number): void {
    if (this.#levels.isLowestAtRest && this.probe.dueByTime(this.#since) <= tick) this.#levels.passLowest(tick);
    this.#levels.fire(tick, this.#holdMs, this.#clearMs);
    // What its last reading could not be held against may be known by now.
    if (this.#code === WHILE) this.#setCode(this.#refusal(tick), tick);
    this.isUnsaved = true;
    this.#tell(tick, false);
  }

  /** Its schedule, or its `while`, ceased: what is active returns, for `reason`. */
  cease(tick: number, at: number, reason: string): void {
    this.#rouse();
    if (tick > this.#asOf && this.#answer !== 'not-in-force') {
      this.#levels.reset();
      this.#setCode(null, tick);
      this.#answerTo('not-in-force', at, reason);
      this.#permit.view = null;
    }
    // A window of the time goes on through a pause of `while`, without what is read in it; all else begins anew.
    if (reason !== WHILE || this.probe.coverage() === null) this.probe.clear();
    this.#around.touched(this);
  }

  /** In force from `tick` on: an opening of its schedule (unless its `while` forbids), or its `while` is true again. */
  begin(tick: number, at: number, isOpening: boolean): void {
    if (tick <= this.#asOf) {
      // What began by then is restored.
      this.#around.touched(this);
      return;
    }
    if (isOpening || this.probe.coverage() === null) this.#since = Math.max(this.#since, tick);
    this.isUnsaved = true;
    if (!this.isInForce) return;
    this.#answer = 'normal';
    this.#answerAt = at;
    this.#permit.look(at);
    this.#around.touched(this);
  }

  /** A permit began, ended or changed. */
  permitChanged(tick: number): void {
    if (this.#permit.isOfForce) this.#forceChanged(tick);
    if (tick <= this.#asOf || !this.#permit.isAsked || !this.isInForce) return;
    const before = this.#permit.view;
    this.#permit.look(this.#around.at(tick));
    const { view } = this.#permit;
    const isSame = before?.id === view?.id && before?.status === view?.status;
    if (isSame) return;
    this.isUnsaved = true;
    if (!this.holdsLevel) return;
    // Also while it cannot be evaluated: what holds goes on holding, and under another permit it is another level.
    const at = this.#around.at(tick);
    if (this.#code === null) this.#tell(tick, true);
    else this.#around.emit(this.#finding(this.#level() ?? 'normal', at, null));
  }

  /** A rule of work without a permit comes into force, or ceases, in the midst of an opening. */
  #forceChanged(tick: number): void {
    const at = this.#around.at(tick);
    const wasBarred = this.#permit.isBarred;
    this.#permit.lookAtForce(at);
    const { isBarred } = this.#permit;
    if (!this.schedule.now.inForce || this.while?.isFalse === true) return;
    // After a restart it was so all along, and what is restored may still say otherwise.
    const isStale = tick > this.#asOf && (this.#answer === 'not-in-force') !== isBarred;
    if (wasBarred === isBarred && !isStale) return;
    if (!isBarred) {
      // Nothing from before it counts.
      this.begin(tick, at, true);
      return;
    }
    if (tick > this.#asOf) this.#permit.look(at);
    this.cease(tick, at, PERMIT);
  }

  /** The clock is not trusted any more: an answer in law breaks off. */
  trustLost(tick: number): void {
    if (!this.rule.legal || !this.isInForce || tick <= this.#asOf) return;
    this.#breakPending();
    this.#setCode('clock', tick);
    this.#tell(tick, false);
  }

  /** The tick since which it has not been evaluable in force; Infinity when it is. */
  notEvaluableSince(): number {
    if (!this.isInForce) return Number.POSITIVE_INFINITY;
    return this.#code === null || this.#code === 'filling' ? this.probe.coverageEnd(this.#since) : this.#codeSince;
  }

  save(tick: number): WatchState {
    this.isUnsaved = false;
    return {
      meaning: this.meaning,
      asOf: tick,
      levels: this.#levels.save(),
      lastGood: stored(this.#lastGood),
      since: this.#since,
      code: this.#code,
      codeSince: stored(this.#codeSince),
      answer: this.#answer,
      answerAt: this.#answerAt,
      permit: this.#permit.view,
      opening: this.schedule.now.opening?.date ?? null,
      window: this.probe.saveWindow?.(),
    };
  }

  /** Takes a saved state, `shift` added to its ticks; `asOf` is at least what it was saved with. False: it is of another rule. */
  restore(saved: WatchState, asOf: number, shift: number): boolean {
    if (saved.meaning !== this.meaning) return false;
    // The probe may be that of the rule whose place it takes, and what that one was at rest by with it.
    this.#rouse();
    this.#levels.restore(saved.levels, shift);
    this.#asOf = asOf + shift;
    if (saved.lastGood !== null) {
      this.#lastGood = saved.lastGood + shift;
      this.probe.restore(this.#lastGood);
    }
    if (saved.window !== undefined) this.probe.restoreWindow?.(saved.window, shift);
    this.#since = saved.since + shift;
    this.#code = saved.code;
    this.#codeSince = saved.codeSince === null ? Number.NEGATIVE_INFINITY : saved.codeSince + shift;
    this.#answer = saved.answer;
    this.#answerAt = saved.answerAt;
    this.#permit.view = saved.permit;
    return true;
  }

  /** Readings before `tick` only fill its window. */
  beginAt(tick: number): void {
    // What has filled it has read by the same probe.
    this.#rouse();
    this.#asOf = tick - 1;
    this.#since = tick;
    this.#answer = this.isInForce ? 'normal' : 'not-in-force';
    this.#answerAt = this.#around.at(tick);
  }

  /** While the gateway was off, silence did not count. */
  forgive(ms: number): void {
    if (this.rule.kind !== 'silent') return;
    this.#lastGood += ms;
    if (Number.isFinite(this.#lastGood)) this.probe.restore(this.#lastGood);
    this.#since += ms;
    this.isUnsaved = true;
  }

  get #holdMs(): number {
    return this.rule.hold === 0 || this.#isFire ? 0 : this.rule.hold;
  }

  get #isFire(): boolean {
    return isFire(this.point.quantity, this.probe.value());
  }

  /** It is at rest with so many levels that hold, or at -1 it is not. */
  #restAt(held: number): void {
    if (held === this.#resting) return;
    this.#resting = held;
    const band = this.#isPlain && held >= 0 ? this.probe.restBand?.(held) : undefined;
    this.rest.set(LOW, band?.low ?? Number.NaN);
    this.rest.set(HIGH, band?.high ?? Number.NaN);
  }

  /** Not at rest, and nothing read in the present opening. */
  #rouse(): void {
    this.#resting = -1;
    this.rest.rouse();
  }

  /** Why an answer cannot be given, whatever is read. */
  #refusal(tick: number): string | null {
    if (this.while?.isKnown(tick) === false) return WHILE;
    const at = this.#around.at(tick);
    if (!this.rule.legal) return null;
    if (!this.#around.trusted()) return 'clock';
    return at >= this.#validEnd ? 'calibration' : null;
  }

  #setCode(code: string | null, tick: number): void {
    if (code === this.#code) return;
    this.#restAt(-1);
    // From filling to not covered is a new matter; from one other reason to the next the same goes on.
    if (this.#code === null || this.#code === 'filling') this.#codeSince = tick;
    this.#code = code;
    this.isUnsaved = true;
    this.#around.touched(this);
  }

  #breakPending(): void {
    if (this.#levels.breakPending()) this.isUnsaved = true;
  }

  /** Works out the answer and tells it if it is not what was last told, or if something else of it has changed. */
  #tell(tick: number, isChanged: boolean): void {
    const answer = this.#code !== null ? 'not-evaluable' : (this.#level() ?? 'normal');
    if (answer !== this.#answer || isChanged) this.#answerTo(answer, this.#around.at(tick), null);
  }

  /** The highest level that holds, capped by a granted permit; a fire never is. */
  #level(): Level | null {
    const level = this.#levels.highest;
    return level === null || this.#isFire ? level : this.#permit.capped(level);
  }

  #answerTo(answer: Answer, at: number, reason: string | null): void {
    this.#answer = answer;
    this.#answerAt = at;
    this.isUnsaved = true;
    this.#around.emit(this.#finding(answer, at, reason));
    if (this.rule.kind === 'silent') this.#around.touched(this);
  }

  #finding(answer: Answer, at: number, reason: string | null): Finding {
    const { opening } = this.schedule.now;
    return {
      watch: this.watch,
      at,
      answer,
      code: this.#code,
      reason,
      value: this.probe.value(),
      limit: this.probe.limit(this.#levels.indexOf(answer)),
      coverage: this.probe.coverage(),
      window: opening === null ? null : { name: opening.name, date: opening.date },
      permit: this.#permit.view,
    };
  }
}
