import type { Trust } from '#kit/clock.ts';
import type { Reading } from '../../drivers/reading.ts';
import type { Background } from './background.ts';
import { Deadlines } from './deadlines.ts';
import { DERIVE_MEMORY_MS, type Deriver, type DeriverState } from './derive.ts';
import { DerivedPoints } from './derived-points.ts';
import { restoreLearned, restoreState, type Stateful, saveState } from './engine-state.ts';
import { Feeds } from './feeds.ts';
import type { Answer, Finding, Watch } from './finding.ts';
import type { NoiseFloor } from './noise-floor.ts';
import type { NotEvaluable } from './not-evaluable.ts';
import type { Watches } from './open-watches.ts';
import type { Permit } from './permit.ts';
import { PermitBook } from './permit-book.ts';
import type { RulePoint } from './point.ts';
import { type JudgedBy, prepareRules } from './prepare-rules.ts';
import { memoryOf, type PreparedRules, type RulesChanged } from './prepared-rules.ts';
import { NO_PARTS, partsOf, type RuleParts } from './rule-parts.ts';
import { type RuleWatch, WHILE } from './rule-watch.ts';
import type { Schedule } from './schedule.ts';
import type { While } from './while.ts';

export interface RuleEngineOptions extends JudgedBy {
  /** When it starts: UTC ms and the tick of the same instant. */
  readonly start: { readonly at: number; readonly tick: number };
  readonly trust?: Trust;
}

/** A step of the wall clock is a change of `at − tick` of more than this, ms; less is slewing and rounding. */
const CLOCK_STEP_MS = 1000;
const NONE: readonly Finding[] = [];

/**
 * Readings and permits to findings. Pure: the time is that of what it is given, so that a replay is the same as live.
 * At one instant, in this order: windows that close, permits, deadlines, what is derived, the readings.
 */
export class RuleEngine {
  #permits: PermitBook;
  /** Of rules that were exchanged, those to which permits may say something else since. */
  #toSettle: readonly RuleWatch[] = [];
  /** The rules on points that permits say something to, by device. */
  #permitted: ReadonlyMap<string, readonly RuleWatch[]> = new Map();
  #points: readonly RulePoint[] = [];
  #schedules: Watches['schedules'] = new Map();
  #watches: readonly RuleWatch[] = [];
  #byKey: ReadonlyMap<string, RuleWatch> = new Map();
  /** Devices and points that a rule is on. */
  #on: ReadonlySet<string> = new Set();
  #whiles: readonly While[] = [];
  #backgrounds: ReadonlyMap<string, Background | NoiseFloor> = new Map();
  readonly #touched = new Set<While>();
  #notEvaluable: ReadonlyMap<string, NotEvaluable> = new Map();
  #feeds = new Feeds();
  readonly #deadlines = new Deadlines();
  #derivers: readonly Deriver[] = [];
  #derived = new DerivedPoints([]);
  /** Watches of several points, evaluated when all readings of an instant are in. */
  readonly #dirty = new Set<RuleWatch>();
  #found: Finding[] = [];
  #tick: number;
  #offset: number;
  #trust: Trust;
  #nextCalendarAt: number;

  constructor(options: RuleEngineOptions) {
    const { zone, start } = options;
    this.#permits = new PermitBook([], zone);
    this.#tick = start.tick;
    this.#offset = start.at - start.tick;
    this.#trust = options.trust ?? 'synchronised';
    this.#nextCalendarAt = start.at;
    // Permits say which rules are in force when they are opened.
    this.#permits.set(options.permits);
    const steps = this.prepare(options, NO_PARTS);
    for (let step = steps.next(); ; step = steps.next()) {
      if (!step.done) continue;
      this.#put(step.value);
      break;
    }
    for (const watch of this.#watches) this.#deadlines.arm(watch);
    for (const each of this.#notEvaluable.values()) this.#deadlines.arm(each);
    this.#nextCalendarAt = this.#calendarAfter(start.at);
  }

  /** Makes other rules ready to take the place of these, step by step, while these go on. */
  prepare(options: JudgedBy, parts: RuleParts): Generator<void, PreparedRules> {
    const atWork = {
      ...{ watches: this.#watches, byKey: this.#byKey, notEvaluable: this.#notEvaluable, permits: this.#permits },
      ...{ backgrounds: this.#backgrounds, whiles: this.#whiles, derivers: this.#derivers, around: this.#around },
      now: { at: this.#tick + this.#offset, tick: this.#tick },
    };
    return prepareRules(atWork, options, parts);
  }

  /** What rules that take the place of these have of them, at a site of those points. `changed`: read otherwise now. */
  partsFor(points: readonly RulePoint[], changed: ReadonlySet<string>): RuleParts {
    const schedules = new Map([...this.#schedules].map(([key, [schedule]]) => [key, schedule]));
    const [watches, derivers] = [this.#byKey, this.#derivers];
    const [whiles, backgrounds] = [this.#whiles, this.#backgrounds.values()];
    return partsOf({ watches, schedules, derivers, whiles, backgrounds, points: this.#points }, points, changed);
  }

  /**
   * Prepared rules take the place of these, at the instant that these have come to: as long as it takes to put in what is
   * otherwise. `derived`: what was derived meanwhile, by key. What that changes is found by `settle`.
   */
  change(next: PreparedRules, brought: readonly Permit[], derived: ReadonlyMap<string, object>): RulesChanged {
    const [tick, at] = [this.#tick, this.#tick + this.#offset];
    // Readings of this tick may still come.
    const asOf = tick - 1;
    const unstored = new Map(this.#derivers.map((each) => [each.key, each]));
    for (const [schedule] of next.schedules.values()) if (!this.#hasSchedule(schedule)) schedule.move(at);
    for (const each of next.retired) this.#deadlines.drop(each);
    const arePermitsOther = next.permits !== this.#permits;
    next.permits.bring(brought);
    this.#put(next);
    for (const [made, other] of next.adopting) made.adopt(other);
    const changed = [...next.moved.map(([, to]) => to), ...next.fresh];
    for (const watch of changed) watch.permitChanged(tick);
    for (const [from, to] of next.moved) to.restore(from.save(asOf), asOf, 0);
    for (const watch of next.fresh) watch.beginAt(tick);
    for (const [from, to] of next.movedNotEvaluable) to.restore(from.save(), asOf, 0);
    for (const each of next.freshDerivers) {
      const state = unstored.get(each.key)?.snapshot() ?? derived.get(each.key);
      if (state !== undefined) each.restore(state as DeriverState, 0);
    }
    this.#derived = new DerivedPoints(next.derivers);
    this.#toSettle = arePermitsOther ? next.watches : changed;
    // Found anew once the alarms know of it.
    this.#found = [];
    for (const each of [...changed, ...next.movedNotEvaluable.map(([, to]) => to), ...next.freshNotEvaluable]) {
      this.#deadlines.arm(each);
    }
    this.#nextCalendarAt = this.#calendarAfter(at);
    const anew = new Set([...next.fresh, ...next.freshNotEvaluable].map(({ watch }) => watch.key));
    return {
      gone: next.gone,
      isKept: (key) => this.has(key) && !anew.has(key),
    };
  }

  /** What a change of these rules makes of the findings: another permit, a deadline. */
  settle(at: number, tick: number): readonly Finding[] {
    this.#moveTo(at, tick);
    const watches = this.#toSettle;
    this.#toSettle = [];
    this.#permitsChangedFor(watches);
    return this.#take();
  }

  #hasSchedule(wanted: Schedule): boolean {
    return [...this.#schedules.values()].some(([schedule]) => schedule === wanted);
  }

  #put(next: PreparedRules): void {
    this.#points = next.points;
    this.#permits = next.permits;
    this.#watches = next.watches;
    this.#permitted = next.permitted;
    this.#byKey = next.byKey;
    this.#on = next.on;
    this.#feeds = next.feeds;
    this.#schedules = next.schedules;
    this.#whiles = [...next.whiles.keys()];
    this.#backgrounds = next.backgrounds;
    this.#notEvaluable = next.notEvaluable;
    this.#derivers = next.derivers;
    this.#derived = new DerivedPoints(next.derivers);
    for (const [schedule, watches] of next.schedules.values()) schedule.watches = watches;
    for (const [each, watches] of next.whiles) each.watches = watches;
    let order = 0;
    for (const each of this.#watches) each.order = order++;
    for (const each of this.#notEvaluable.values()) each.order = order++;
    this.#deadlines.reorder();
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
    const changed = [...permits, ...this.#permits.set(permits)];
    const now = this.#tick + this.#offset;
    // When one was to end that has been changed, nothing may come of it.
    this.#nextCalendarAt = Math.min(this.#nextCalendarAt, this.#permits.nextChange(now, permits));
    const devices = new Set(changed.flatMap(({ on }) => on.device ?? []));
    const isEvery = changed.some(({ on }) => on.device === undefined);
    this.#permitsChanged(isEvery ? undefined : devices);
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

  /** The state of what is derived, by key, as it is now. */
  derivedStates(): ReadonlyMap<string, object> {
    return new Map(this.#derived.snapshot().map(({ key, state }) => [key, state]));
  }

  /** What was learned of devices and points, by key. */
  learnedStates(): ReadonlyMap<string, object> {
    return new Map(
      [...this.#backgrounds.values()].map((each) => {
        const { isUnsaved } = each;
        const state = each.save();
        // It is not stored by being looked at.
        each.isUnsaved = isUnsaved;
        return [each.key, state];
      }),
    );
  }

  /** Of devices and points that something is learned of, the state by key. */
  takeLearned(saved: ReadonlyMap<string, object>): void {
    restoreLearned(this.#backgrounds.values(), saved);
  }

  /** The points whose readings something is done with. */
  get fedBy(): ReadonlySet<string> {
    return this.#feeds.keys;
  }

  /**
   * Takes what an earlier run saved; stored ticks are moved on by `shift`. Readings stepped afterwards that are
   * older than a watch's state only fill its window; younger ones are evaluated. Gives the keys that were taken: what
   * is not among them is of a rule that is gone or means something else. A rule that finds no state of its own begins
   * at `now`.
   */
  restore(saved: ReadonlyMap<string, object>, shift: number, now: number): ReadonlySet<string> {
    return restoreState(this.#stateful, saved, { shift, now }, (due) => this.#deadlines.arm(due));
  }

  get #stateful(): Stateful {
    return {
      watches: this.#watches,
      notEvaluable: this.#notEvaluable,
      backgrounds: this.#backgrounds,
      derived: this.#derived,
    };
  }

  /** Learns the device's background anew, from its next readings on. False: no rule asks for it. */
  forgetBackground(device: string): boolean {
    const backgrounds = [...this.#backgrounds.values()].filter((each) => each.device === device);
    for (const each of backgrounds) each.forget();
    return backgrounds.length > 0;
  }

  /** Whether a rule of this key is there. */
  has(key: string): boolean {
    return this.watchOf(key) !== null;
  }

  /** What a rule says of a point, by its key; null: there is no such rule on a point. */
  watchOf(key: string): Watch | null {
    return this.#byKey.get(key)?.watch ?? this.#ownWatch(key);
  }

  #ownWatch(key: string): Watch | null {
    const [, point = ''] = key.split('@');
    const own = this.#notEvaluable.get(point)?.watch;
    return own?.key === key ? own : null;
  }

  /** Whether a rule is on a point of a device, or on a point `device/point`. */
  isOn(on: string): boolean {
    return this.#on.has(on);
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
    const [backgrounds, watches, whiles] = [this.#backgrounds.values(), this.#watches, this.#whiles];
    return Math.max(this.#derived.isEmpty ? 0 : DERIVE_MEMORY_MS, memoryOf({ backgrounds, watches, whiles }));
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
    const moves = [...this.#schedules.values()].map(([schedule]) => ({ schedule, ...schedule.move(at) }));
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

  /** What it makes of the rules on points of these devices, of all where none are given; in the rules' order. */
  #permitsChanged(devices: Iterable<string> = this.#permitted.keys()): void {
    this.#permitsChangedFor([...devices].flatMap((device) => this.#permitted.get(device) ?? []));
  }

  #permitsChangedFor(watches: readonly RuleWatch[]): void {
    for (const watch of watches.toSorted((a, b) => a.order - b.order)) {
      if (watch.rule.permit === undefined) continue;
      watch.permitChanged(this.#tick);
      this.#deadlines.arm(watch);
    }
  }

  #calendarAfter(at: number): number {
    let next = this.#permits.nextChange(at);
    for (const [schedule] of this.#schedules.values()) next = Math.min(next, schedule.now.until);
    return next;
  }

  #take(): readonly Finding[] {
    if (this.#found.length === 0) return NONE;
    const found = this.#found;
    this.#found = [];
    return found;
  }
}
