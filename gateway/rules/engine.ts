import type { Trust } from '#kit/clock.ts';
import type { Zone } from '#kit/zone.ts';
import type { Reading } from '../../drivers/reading.ts';
import type { Background } from './background.ts';
import type { DayWindow } from './calendar.ts';
import { Deadlines } from './deadlines.ts';
import type { DerivedPoints } from './derived-points.ts';
import { restoreState, type Stateful, saveState, wholeState } from './engine-state.ts';
import type { Feeds } from './feeds.ts';
import type { Answer, Finding, Watch } from './finding.ts';
import type { NoiseFloor } from './noise-floor.ts';
import { NotEvaluable } from './not-evaluable.ts';
import { openWatches } from './open-watches.ts';
import type { Permit } from './permit.ts';
import { PermitBook } from './permit-book.ts';
import type { RulePoint } from './point.ts';
import { GAP_PERIODS } from './probe.ts';
import type { Rule } from './rule.ts';
import type { RuleParts } from './rule-parts.ts';
import { type RuleWatch, WHILE } from './rule-watch.ts';
import type { Schedule } from './schedule.ts';
import type { While } from './while.ts';

export interface RuleEngineOptions {
  readonly rules: readonly Rule[];
  readonly points: readonly RulePoint[];
  readonly windows: Readonly<Record<string, DayWindow>>;
  readonly zone: Zone;
  readonly permits: readonly Permit[];
  readonly notEvaluableAfterMs: number;
  /** When it starts: UTC ms and the tick of the same instant. */
  readonly start: { readonly at: number; readonly tick: number };
  readonly trust?: Trust;
  /** Of rules whose place these take: what they have gathered is taken over, and their state must be restored. */
  readonly parts?: RuleParts;
}

/** A step of the wall clock is a change of `at − tick` of more than this, ms; less is slewing and rounding. */
const CLOCK_STEP_MS = 1000;
const NONE: readonly Finding[] = [];

/**
 * Readings and permits to findings. Pure: the time is that of what it is given, so that a replay is the same as live.
 * At one instant, in this order: windows that close, permits, deadlines, what is derived, the readings.
 */
export class RuleEngine {
  readonly #permits: PermitBook;
  readonly #schedules: readonly Schedule[];
  readonly #watches: readonly RuleWatch[];
  readonly #whiles: readonly While[];
  readonly #backgrounds: ReadonlyMap<string, Background | NoiseFloor>;
  /** Of those, what was taken over as it is. */
  readonly #adopted: ReadonlySet<string>;
  readonly #touched = new Set<While>();
  readonly #notEvaluable = new Map<string, NotEvaluable>();
  readonly #feeds: Feeds;
  readonly #deadlines = new Deadlines();
  readonly #derived: DerivedPoints;
  /** Watches of several points, evaluated when all readings of an instant are in. */
  readonly #dirty = new Set<RuleWatch>();
  #found: Finding[] = [];
  #tick: number;
  #offset: number;
  #trust: Trust;
  #nextCalendarAt: number;

  constructor(options: RuleEngineOptions) {
    const { zone, start } = options;
    this.#permits = new PermitBook(options.permits, zone);
    this.#tick = start.tick;
    this.#offset = start.at - start.tick;
    this.#trust = options.trust ?? 'synchronised';
    ({
      watches: this.#watches,
      feeds: this.#feeds,
      schedules: this.#schedules,
      whiles: this.#whiles,
      backgrounds: this.#backgrounds,
      derived: this.#derived,
    } = openWatches(options, zone, start, this.#around, options.parts));
    this.#adopted = new Set(
      [...this.#backgrounds].filter(([, each]) => options.parts?.background(each.key) === each).map(([key]) => key),
    );
    this.#nextCalendarAt = this.#calendarAfter(start.at);
    for (const [key, watches] of Map.groupBy(this.#watches, ({ point }) => point.key)) {
      const first = watches[0];
      // What is derived has as few good values as its source, of which that is told.
      if (first === undefined || first.point.derived !== undefined) continue;
      const order = this.#watches.length + this.#notEvaluable.size;
      this.#notEvaluable.set(
        key,
        new NotEvaluable(order, first.point, watches, options.notEvaluableAfterMs, this.#around),
      );
    }
    for (const watch of this.#watches) this.#deadlines.arm(watch);
    for (const each of this.#notEvaluable.values()) this.#deadlines.arm(each);
  }

  /** Takes the readings of one instant: all of one `at` and `tick`, none of them late. */
  step(readings: readonly Reading[]): readonly Finding[] {
    const first = readings[0];
    if (first === undefined) return NONE;
    this.#moveTo(first.at, first.tick);
    this.#read(this.#derived.withoutOwn(readings));
    return this.#take();
  }

  /** Readings of the present instant. */
  #read(readings: readonly Reading[]): void {
    const tick = this.#tick;
    const isAround = this.#whiles.length > 0 || this.#backgrounds.size > 0 || !this.#derived.isEmpty;
    if (isAround) this.#takeAround(readings);
    for (const reading of readings) {
      const feed = this.#feeds.find(reading.point);
      if (feed === undefined) continue;
      const { watches, inputs } = feed;
      if (reading.quality !== 'good' || reading.value === null) {
        for (const watch of watches) {
          watch.miss(tick, reading.code ?? reading.quality);
          this.#deadlines.arm(watch);
        }
        continue;
      }
      for (let i = 0; i < watches.length; i++) {
        const watch = watches[i];
        if (watch === undefined) continue;
        if (watch.while !== null) this.#settle(watch.while);
        const isNews = watch.take(inputs[i] ?? 0, tick, reading.value);
        if (watch.isAtRest && !isNews) continue;
        if (isNews && watch.isJoint) {
          this.#dirty.add(watch);
        } else {
          if (isNews) watch.evaluate(tick);
          this.#deadlines.arm(watch);
        }
      }
    }
    if (this.#dirty.size > 0) {
      for (const watch of this.#dirty) {
        watch.evaluate(tick);
        this.#deadlines.arm(watch);
      }
      this.#dirty.clear();
    }
  }

  /** Windows over what is derived are stored with the rules that have them. */
  #readDerived(readings: readonly Reading[]): void {
    this.#read(readings);
    for (const { point } of readings) {
      for (const watch of this.#feeds.find(point)?.watches ?? []) watch.isUnsaved = true;
    }
  }

  /** What was derived since it was last asked, for those who keep and show readings. */
  takeDerived(): readonly Reading[] {
    return this.#derived.take();
  }

  /** Lets time pass: calendars and deadlines up to and including this instant. */
  advance(at: number, tick: number): readonly Finding[] {
    this.#moveTo(at, tick);
    return this.#take();
  }

  /** The tick at which `advance` has something to do if nothing is read before; Infinity when it has nothing. */
  nextDue(): number {
    return Math.min(this.#deadlines.next, Math.min(this.#nextCalendarAt, this.#derived.until) - this.#offset);
  }

  setTrust(trust: Trust, at: number, tick: number): readonly Finding[] {
    this.#moveTo(at, tick);
    const lost = trust === 'unknown' && this.#trust !== 'unknown';
    this.#trust = trust;
    if (lost) for (const watch of this.#watches) watch.trustLost(this.#tick);
    return this.#take();
  }

  /** Permits that are new or have changed, in force at once. */
  setPermits(permits: readonly Permit[], at: number, tick: number): readonly Finding[] {
    this.#moveTo(at, tick);
    this.#permits.set(permits);
    this.#nextCalendarAt = this.#calendarAfter(this.#tick + this.#offset);
    this.#permitsChanged();
    return this.#take();
  }

  /** What every rule answers of every point now. */
  *answers(): Generator<{
    readonly rule: string;
    readonly point: string;
    readonly answer: Answer;
    readonly code: string | null;
    readonly value: number | string | null;
    readonly since: number;
  }> {
    for (const watch of this.#watches) {
      const isUnread = watch.answer === 'normal' && !watch.hasRead && watch.rule.kind !== 'silent';
      yield {
        rule: watch.rule.id,
        point: watch.point.key,
        answer: isUnread ? 'not-evaluable' : watch.answer,
        code: isUnread ? 'no-value' : watch.code,
        value: watch.probe.value(),
        since: watch.answerAt,
      };
    }
  }

  /** The state of what changed since it was last saved, by key; all of it true up to the last tick. */
  save(): { readonly key: string; readonly state: object }[] {
    return saveState(this.#stateful, this.#tick, this.#tick + this.#offset);
  }

  /**
   * The state of everything, for rules that take the place of these at once: readings of the last tick may still come, so
   * it is said to be true up to the one before. What is unsaved must be saved first.
   */
  snapshot(): Map<string, object> {
    return wholeState(this.#stateful, this.#tick - 1, this.#tick - 1 + this.#offset);
  }

  /**
   * Takes what an earlier run saved; stored ticks are moved on by `shift`. Readings stepped afterwards that are
   * older than a watch's state only fill its window; younger ones are evaluated. Gives the keys that were taken: what
   * is not among them is of a rule that is gone or means something else. A rule that finds no state of its own begins
   * at `now`.
   */
  restore(saved: ReadonlyMap<string, object>, shift: number, now: number): ReadonlySet<string> {
    return restoreState(this.#stateful, saved, { shift, now, adopted: this.#adopted }, (due) =>
      this.#deadlines.arm(due),
    );
  }

  get #stateful(): Stateful {
    return {
      watches: this.#watches,
      notEvaluable: this.#notEvaluable,
      backgrounds: this.#backgrounds,
      derived: this.#derived,
    };
  }

  /** What rules that take the place of these may take over. */
  get parts(): RuleParts {
    const watches = new Map(this.#watches.map((watch) => [watch.watch.key, watch]));
    const backgrounds = new Map([...this.#backgrounds.values()].map((each) => [each.key, each]));
    const whiles = new Map(this.#whiles.map((each) => [each.key, each]));
    return {
      probe(key, meaning) {
        const watch = watches.get(key);
        return watch?.meaning === meaning ? watch.probe : undefined;
      },
      background: (key) => backgrounds.get(key),
      while: (key) => whiles.get(key),
      isShared: false,
    };
  }

  /** The rules that have a point of which others have gathered nothing. */
  newTo(parts: RuleParts): readonly Rule[] {
    const isNew = ({ watch, meaning }: RuleWatch) => parts.probe(watch.key, meaning) === undefined;
    return [...new Set(this.#watches.filter(isNew).map(({ rule }) => rule))];
  }

  /** Learns the device's background anew, from its next readings on. False: no rule asks for it. */
  forgetBackground(device: string): boolean {
    const backgrounds = [...this.#backgrounds.values()].filter((each) => each.device === device);
    for (const each of backgrounds) each.forget();
    return backgrounds.length > 0;
  }

  /** Whether a rule of this key is there. */
  has(key: string): boolean {
    return this.#notEvaluable.has(key) || this.#watches.some(({ watch }) => watch.key === key);
  }

  /** What a rule says of a point, by its key; null: there is no such rule on a point. */
  watchOf(key: string): Watch | null {
    return this.#watches.find(({ watch }) => watch.key === key)?.watch ?? this.#ownWatch(key);
  }

  #ownWatch(key: string): Watch | null {
    const [, point = ''] = key.split('@');
    const own = this.#notEvaluable.get(point)?.watch;
    return own?.key === key ? own : null;
  }

  /** Whether a rule is on a point of a device, or on a point `device/point`. */
  isOn(on: string): boolean {
    return this.#watches.some(({ point }) => point.device === on || point.key === on);
  }

  /** It goes on after having been off for `offMs`: silence did not count meanwhile, and permits may be others now. */
  resume(offMs: number, at: number, tick: number): readonly Finding[] {
    for (const watch of this.#watches) {
      watch.forgive(offMs);
      this.#deadlines.arm(watch);
    }
    this.#moveTo(at, tick);
    this.#permitsChanged();
    return this.#take();
  }

  /** How far back readings are needed to fill every window: the longest of windows and gaps, ms. */
  get memoryMs(): number {
    let most = this.#derived.memoryMs;
    for (const { rule, point } of this.#watches) {
      if (point.derived !== undefined) continue;
      const over = rule.kind === 'limit' && 'over' in rule.measure ? rule.measure.over : 0;
      const stuck = rule.kind === 'stuck' ? rule.after : 0;
      most = Math.max(most, over, stuck + GAP_PERIODS * point.everyMs);
    }
    for (const each of this.#backgrounds.values()) most = Math.max(most, each.memoryMs);
    for (const { inputs } of this.#whiles) {
      for (const { everyMs } of inputs) most = Math.max(most, GAP_PERIODS * everyMs);
    }
    return most;
  }

  readonly #around = {
    at: (tick: number) => tick + this.#offset,
    trusted: () => this.#trust !== 'unknown',
    permit: (kind: string, point: RulePoint, at: number, since: number) => this.#permits.find(kind, point, at, since),
    standing: (kind: string, point: RulePoint, at: number, since: number) =>
      this.#permits.standing(kind, point, at, since),
    emit: (finding: Finding) => {
      this.#found.push(finding);
    },
    touched: (watch: RuleWatch) => this.#notEvaluable.get(watch.point.key)?.touched(this.#tick, this.#deadlines),
  };

  /** What the readings say of rules' `while` and of devices' backgrounds, before anything is judged by it. */
  #takeAround(readings: readonly Reading[]): void {
    const tick = this.#tick;
    for (const { point, quality, value } of readings) {
      const feed = quality === 'good' && value !== null ? this.#feeds.find(point) : undefined;
      if (feed === undefined || value === null) continue;
      for (const { background, input } of feed.backgrounds) background.take(input, tick, value);
      for (const each of feed.whiles) {
        each.while.take(each.input, tick, value);
        this.#touched.add(each.while);
      }
    }
    for (const each of this.#touched) {
      this.#settle(each);
      for (const watch of each.watches) this.#deadlines.arm(watch);
    }
    this.#touched.clear();
    if (this.#derived.isEmpty) return;
    for (const { point, quality, value } of readings) {
      const feed = quality === 'good' && value !== null ? this.#feeds.find(point) : undefined;
      if (feed === undefined || value === null) continue;
      for (const deriver of feed.derivers) deriver.take(tick, value);
    }
  }

  #settle(each: While): void {
    const tick = this.#tick;
    if (!each.settle(tick)) return;
    const at = tick + this.#offset;
    for (const watch of each.watches) {
      if (!watch.schedule.now.inForce) continue;
      if (each.isFalse) watch.cease(tick, at, WHILE);
      else watch.begin(tick, at, false);
      this.#deadlines.arm(watch);
    }
  }

  /** Runs everything due up to `tick`, each at its own time; time never goes back. */
  #moveTo(at: number, tick: number): void {
    const to = Math.max(tick, this.#tick);
    const offset = at - tick;
    const isStep = Math.abs(offset - this.#offset) > CLOCK_STEP_MS;
    if (!isStep) this.#offset = offset;
    for (;;) {
      const calendar = this.#nextCalendarAt - this.#offset;
      const deadline = this.#deadlines.next;
      const period = this.#derived.until - this.#offset;
      const next = Math.min(calendar, deadline, period);
      if (next > to) break;
      this.#tick = Math.max(this.#tick, next);
      if (calendar === next) this.#turnCalendar(this.#nextCalendarAt, null);
      else if (deadline === next) this.#deadlines.run(this.#tick);
      else this.#readDerived(this.#derived.turn(this.#derived.until, this.#tick));
    }
    this.#tick = to;
    if (isStep) {
      this.#offset = offset;
      this.#turnCalendar(at, 'clock-step');
      this.#readDerived(this.#derived.step(at, this.#tick));
    }
  }

  /** Windows and permits at `at`: what closes, closes first. */
  #turnCalendar(at: number, stepReason: 'clock-step' | null): void {
    const tick = this.#tick;
    const moves = this.#schedules.map((schedule) => ({ schedule, ...schedule.move(at) }));
    for (const { schedule, ceased } of moves) {
      if (ceased) for (const watch of schedule.watches) watch.cease(tick, at, stepReason ?? schedule.reason);
    }
    this.#permitsChanged();
    for (const { schedule, began } of moves) {
      if (!began) continue;
      for (const watch of schedule.watches) {
        watch.begin(tick, at, true);
        this.#deadlines.arm(watch);
      }
    }
    this.#nextCalendarAt = this.#calendarAfter(at);
  }

  #permitsChanged(): void {
    for (const watch of this.#watches) {
      if (watch.rule.permit === undefined) continue;
      watch.permitChanged(this.#tick);
      this.#deadlines.arm(watch);
    }
  }

  #calendarAfter(at: number): number {
    let next = this.#permits.nextChange(at);
    for (const schedule of this.#schedules) next = Math.min(next, schedule.now.until);
    return next;
  }

  #take(): readonly Finding[] {
    if (this.#found.length === 0) return NONE;
    const found = this.#found;
    this.#found = [];
    return found;
  }
}
