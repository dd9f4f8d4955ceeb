import type { Trust } from '#kit/clock.ts';
import type { Reading } from '../../drivers/reading.ts';
import { Deadlines } from './deadlines.ts';
import type { DeriverState } from './derive.ts';
import { DerivedPoints } from './derived-points.ts';
import { learnedStates, restoreLearned, restoreState, type Stateful, saveState } from './engine-state.ts';
import { type Feeds, NOWHERE, type PointFeed } from './feeds.ts';
import type { Finding, Watch } from './finding.ts';
import type { Permit } from './permit.ts';
import type { RulePoint } from './point.ts';
import { type JudgedBy, prepareRules } from './prepare-rules.ts';
import { memoryOf, type PreparedRules, type RulesChanged } from './prepared-rules.ts';
import { GOOD, HIGH, LAST, LOW, VALUE } from './rest.ts';
import { NO_PARTS, partsOf, type RuleParts } from './rule-parts.ts';
import { answersOf, hasSchedule, noRules, type RuleSet, watchOf } from './rule-set.ts';
import type { RuleWatch } from './rule-watch.ts';
import { RulesInForce } from './rules-in-force.ts';
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
  #rules: RuleSet;
  /** Those of the rules; of their own, since each reading asks them. */
  #feeds: Feeds;
  /** Readings say more than values of rules: what holds under `while`, what is learned, what is derived. */
  #isAround = false;
  readonly #inForce: RulesInForce;
  /** Of rules that were exchanged, those to which permits may say something else since. */
  #toSettle: readonly RuleWatch[] = [];
  readonly #touched = new Set<While>();
  readonly #deadlines = new Deadlines();
  #derived = new DerivedPoints([]);
  /** Watches of several points, evaluated when all readings of an instant are in. */
  readonly #dirty = new Set<RuleWatch>();
  #found: Finding[] = [];
  #tick: number;
  #offset: number;
  #trust: Trust;

  constructor(options: RuleEngineOptions) {
    const { zone, start } = options;
    this.#rules = noRules(zone);
    this.#feeds = this.#rules.feeds;
    this.#inForce = new RulesInForce(this.#rules, this.#deadlines, start.at);
    this.#tick = start.tick;
    this.#offset = start.at - start.tick;
    this.#trust = options.trust ?? 'synchronised';
    // Permits say which rules are in force when they are opened.
    this.#rules.permits.set(options.permits);
    const steps = this.prepare(options, NO_PARTS);
    for (let step = steps.next(); ; step = steps.next()) {
      if (!step.done) continue;
      this.#put(step.value);
      break;
    }
    for (const watch of this.#rules.watches) this.#deadlines.arm(watch);
    for (const each of this.#rules.notEvaluable.values()) this.#deadlines.arm(each);
    this.#inForce.lookFrom(start.at);
  }

  /** Makes other rules ready to take the place of these, step by step, while these go on. */
  prepare(options: JudgedBy, parts: RuleParts): Generator<void, PreparedRules> {
    const now = { at: this.#tick + this.#offset, tick: this.#tick };
    return prepareRules({ rules: this.#rules, now, around: this.#around }, options, parts);
  }

  /** What rules that take the place of these have of them, at a site of those points. `changed`: read otherwise now. */
  partsFor(points: readonly RulePoint[], changed: ReadonlySet<string>): RuleParts {
    return partsOf(this.#rules, points, changed);
  }

  /**
   * Prepared rules take the place of these, at the instant that these have come to: as long as it takes to put in what is
   * otherwise. `derived`: what was derived meanwhile, by key. What that changes is found by `settle`.
   */
  change(next: PreparedRules, brought: readonly Permit[], derived: ReadonlyMap<string, object>): RulesChanged {
    const [tick, at] = [this.#tick, this.#tick + this.#offset];
    // Readings of this tick may still come.
    const asOf = tick - 1;
    const unstored = new Map(this.#rules.derivers.map((each) => [each.key, each]));
    for (const [schedule] of next.schedules.values()) if (!hasSchedule(this.#rules, schedule)) schedule.move(at);
    for (const each of next.retired) this.#deadlines.drop(each);
    const arePermitsOther = next.permits !== this.#rules.permits;
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
    this.#inForce.lookFrom(at);
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
    this.#inForce.permitsChangedFor(watches, this.#tick);
    return this.#take();
  }

  #put(next: PreparedRules): void {
    const { points, permits, notEvaluable, watches, byKey, permitted, on, feeds } = next;
    const { schedules, whiles, backgrounds, derivers } = next;
    // What takes part in the change alone is not held on to.
    this.#rules = {
      ...{ points, permits, notEvaluable, watches, byKey, permitted, on, feeds },
      ...{ schedules, whiles, backgrounds, derivers },
    };
    this.#feeds = feeds;
    feeds.bringRests();
    this.#isAround = whiles.size > 0 || backgrounds.size > 0 || derivers.length > 0;
    this.#inForce.put(this.#rules);
    this.#derived = new DerivedPoints(derivers);
    for (const [schedule, ofIt] of schedules.values()) schedule.watches = ofIt;
    for (const [each, ofIt] of whiles) each.watches = ofIt;
    let order = 0;
    for (const each of watches) each.order = order++;
    for (const each of notEvaluable.values()) each.order = order++;
    this.#deadlines.reorder();
  }

  /** Takes the readings of one instant, which is their own unless another is given: none of them late. */
  step(
    readings: readonly Reading[],
    instant: Pick<Reading, 'at' | 'tick'> | undefined = readings[0],
  ): readonly Finding[] {
    if (instant === undefined) return NONE;
    this.#moveTo(instant.at, instant.tick);
    this.#read(this.#derived.withoutOwn(readings));
    return this.#take();
  }

  /** Readings of the present instant. */
  #read(readings: readonly Reading[]): void {
    const tick = this.#tick;
    if (this.#isAround) this.#takeAround(readings);
    const { cells, firsts, rests, watches, inputs } = this.#feeds;
    for (const reading of readings) {
      const place = this.#feeds.find(reading.point);
      if (place === NOWHERE) continue;
      const { value, quality } = reading;
      const isNumber = typeof value === 'number' && quality === 'good';
      const to = firsts[place + 1] ?? 0;
      for (let i = firsts[place] ?? 0; i < to; i++) {
        const rest = rests[i] ?? 0;
        // Nearly every reading changes nothing. Written out here, where no number is put into an object of its own.
        if (isNumber && value >= (cells[rest + LOW] ?? Number.NaN) && value <= (cells[rest + HIGH] ?? Number.NaN)) {
          cells[rest + VALUE] = value;
          cells[rest + LAST] = tick;
          cells[rest + GOOD] = tick;
          continue;
        }
        const watch = watches[i];
        if (watch === undefined) continue;
        if (quality !== 'good' || value === null) {
          watch.miss(tick, reading.code ?? quality);
          this.#deadlines.arm(watch);
          continue;
        }
        if (watch.while !== null) this.#inForce.settle(watch.while, tick + this.#offset, tick);
        const isNews = watch.take(inputs[i] ?? 0, tick, value);
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

  #feedOf(point: string): PointFeed | undefined {
    const place = this.#feeds.find(point);
    return place === NOWHERE ? undefined : this.#feeds.at(place);
  }

  /** Windows over what is derived are stored with the rules that have them. */
  #readDerived(readings: readonly Reading[]): void {
    this.#read(readings);
    for (const { point } of readings) {
      for (const watch of this.#feedOf(point)?.watches ?? []) watch.isUnsaved = true;
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
    return Math.min(this.#deadlines.next, Math.min(this.#inForce.nextAt, this.#derived.until) - this.#offset);
  }

  setTrust(trust: Trust, at: number, tick: number): readonly Finding[] {
    this.#moveTo(at, tick);
    const lost = trust === 'unknown' && this.#trust !== 'unknown';
    this.#trust = trust;
    if (lost) for (const watch of this.#rules.watches) watch.trustLost(this.#tick);
    return this.#take();
  }

  /** Permits that are new or have changed, in force at once. */
  setPermits(permits: readonly Permit[], at: number, tick: number): readonly Finding[] {
    this.#moveTo(at, tick);
    const changed = [...permits, ...this.#rules.permits.set(permits)];
    const now = this.#tick + this.#offset;
    // When one was to end that has been changed, nothing may come of it.
    this.#inForce.nextAt = Math.min(this.#inForce.nextAt, this.#rules.permits.nextChange(now, permits));
    const devices = new Set(changed.flatMap(({ on }) => on.device ?? []));
    const isEvery = changed.some(({ on }) => on.device === undefined);
    this.#inForce.permitsChanged(this.#tick, isEvery ? undefined : devices);
    return this.#take();
  }

  /** What every rule answers of every point now. */
  answers(): ReturnType<typeof answersOf> {
    return answersOf(this.#rules);
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
    return learnedStates(this.#rules);
  }

  /** Of devices and points that something is learned of, the state by key. */
  takeLearned(saved: ReadonlyMap<string, object>): void {
    restoreLearned(this.#rules.backgrounds.values(), saved);
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
    const { watches, notEvaluable, backgrounds } = this.#rules;
    return { watches, notEvaluable, backgrounds, derived: this.#derived };
  }

  /** Learns the device's background anew, from its next readings on. False: no rule asks for it. */
  forgetBackground(device: string): boolean {
    const backgrounds = [...this.#rules.backgrounds.values()].filter((each) => each.device === device);
    for (const each of backgrounds) each.forget();
    return backgrounds.length > 0;
  }

  /** Whether a rule of this key is there. */
  has(key: string): boolean {
    return this.watchOf(key) !== null;
  }

  /** What a rule says of a point, by its key; null: there is no such rule on a point. */
  watchOf(key: string): Watch | null {
    return watchOf(this.#rules, key);
  }

  /** Whether a rule is on a point of a device, or on a point `device/point`. */
  isOn(on: string): boolean {
    return this.#rules.on.has(on);
  }

  /** It goes on after having been off for `offMs`: silence did not count meanwhile, and permits may be others now. */
  resume(offMs: number, at: number, tick: number): readonly Finding[] {
    for (const watch of this.#rules.watches) {
      watch.forgive(offMs);
      this.#deadlines.arm(watch);
    }
    this.#moveTo(at, tick);
    this.#inForce.permitsChanged(this.#tick);
    return this.#take();
  }

  /** How far back readings are needed to fill every window: the longest of windows and gaps, ms. */
  get memoryMs(): number {
    const { watches, backgrounds, whiles } = this.#rules;
    const ofRules = memoryOf({ watches, backgrounds: backgrounds.values(), whiles: whiles.keys() });
    return Math.max(this.#derived.memoryMs, ofRules);
  }

  readonly #around = {
    at: (tick: number) => tick + this.#offset,
    trusted: () => this.#trust !== 'unknown',
    permit: (kind: string, point: RulePoint, at: number, since: number) =>
      this.#rules.permits.find(kind, point, at, since),
    standing: (kind: string, point: RulePoint, at: number, since: number) =>
      this.#rules.permits.standing(kind, point, at, since),
    emit: (finding: Finding) => {
      this.#found.push(finding);
    },
    touched: (watch: RuleWatch) => this.#rules.notEvaluable.get(watch.point.key)?.touched(this.#tick, this.#deadlines),
  };

  /** What the readings say of rules' `while` and of devices' backgrounds, before anything is judged by it. */
  #takeAround(readings: readonly Reading[]): void {
    const tick = this.#tick;
    for (const { point, quality, value } of readings) {
      const feed = quality === 'good' && value !== null ? this.#feedOf(point) : undefined;
      if (feed === undefined || value === null) continue;
      for (const { background, input } of feed.backgrounds) background.take(input, tick, value);
      for (const each of feed.whiles) {
        each.while.take(each.input, tick, value);
        this.#touched.add(each.while);
      }
    }
    for (const each of this.#touched) {
      this.#inForce.settle(each, tick + this.#offset, tick);
      for (const watch of each.watches) this.#deadlines.arm(watch);
    }
    this.#touched.clear();
    if (this.#derived.isEmpty) return;
    for (const { point, quality, value } of readings) {
      const feed = quality === 'good' && value !== null ? this.#feedOf(point) : undefined;
      if (feed === undefined || value === null) continue;
      for (const deriver of feed.derivers) deriver.take(tick, value);
    }
  }

  /** Runs everything due up to `tick`, each at its own time; time never goes back. */
  #moveTo(at: number, tick: number): void {
    const to = Math.max(tick, this.#tick);
    const offset = at - tick;
    const isStep = Math.abs(offset - this.#offset) > CLOCK_STEP_MS;
    if (!isStep) this.#offset = offset;
    for (;;) {
      const calendar = this.#inForce.nextAt - this.#offset;
      const deadline = this.#deadlines.next;
      const period = this.#derived.until - this.#offset;
      const next = Math.min(calendar, deadline, period);
      if (next > to) break;
      this.#tick = Math.max(this.#tick, next);
      if (calendar === next) this.#inForce.turn(this.#inForce.nextAt, this.#tick, null);
      else if (deadline === next) this.#deadlines.run(this.#tick);
      else this.#readDerived(this.#derived.turn(this.#derived.until, this.#tick));
    }
    this.#tick = to;
    if (isStep) {
      this.#offset = offset;
      this.#inForce.turn(at, this.#tick, 'clock-step');
      this.#readDerived(this.#derived.step(at, this.#tick));
    }
  }

  #take(): readonly Finding[] {
    if (this.#found.length === 0) return NONE;
    const found = this.#found;
    this.#found = [];
    return found;
  }
}
