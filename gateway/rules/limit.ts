import { describeMeasure, sureBand, WindowMeasure } from './measure.ts';
import type { NoiseFloor } from './noise-floor.ts';
import type { RulePoint } from './point.ts';
import { GAP_PERIODS, type Probe, type SavedWindow } from './probe.ts';
import { LAST, Rest, VALUE } from './rest.ts';
import type { Rule } from './rule.ts';
import { levelsOf } from './rule-levels.ts';
import { type Band, bandsOf, Threshold } from './threshold.ts';

type LimitRule = Extract<Rule, { kind: 'limit' }>;

export const describeLimit = (rule: LimitRule): string => describeMeasure(rule.measure);

/** `limit`: a measure of the point, or what it is above the point's own background, is beyond a level's limit. */
export const openLimit = (rule: LimitRule, point: RulePoint, floor: NoiseFloor | null): Probe =>
  new LimitProbe(rule, point, floor);

/** What all points of a rule are held against. */
interface Ladder {
  readonly limits: readonly Threshold[];
  /** Where exactly so many levels are passed, of the measure and of what its window keeps. */
  readonly bands: readonly { readonly exact: Band; readonly sure: Band }[];
}

const ladders = new WeakMap<LimitRule, Ladder>();

function ladderOf(rule: LimitRule): Ladder {
  const known = ladders.get(rule);
  if (known !== undefined) return known;
  const limits = levelsOf(rule.levels).map(([, limit]) => new Threshold(limit, rule.clear.by));
  const bands = bandsOf(limits).map((exact) => ({ exact, sure: sureBand(rule.measure, exact) }));
  const made = { limits, bands };
  ladders.set(rule, made);
  return made;
}

/** Of one shape whatever it measures, since nearly every reading of a site goes through it. */
class LimitProbe implements Probe {
  readonly inputs: readonly RulePoint[];
  /** The measure is kept in it; what a window says is worked out when it is asked for. */
  readonly rest = new Rest();
  readonly #ladder: Ladder;
  readonly #window: WindowMeasure | null;
  readonly #floor: NoiseFloor | null;
  readonly #gapMs: number;
  #isWorkedOut = true;
  /** The newest that a saved window holds. */
  #savedTo = Number.NEGATIVE_INFINITY;

  constructor(rule: LimitRule, point: RulePoint, floor: NoiseFloor | null) {
    this.inputs = [point];
    this.#ladder = ladderOf(rule);
    this.#window = 'over' in rule.measure ? new WindowMeasure(rule.measure, point.everyMs) : null;
    this.#floor = floor;
    this.#gapMs = GAP_PERIODS * point.everyMs;
  }

  take(_input: number, tick: number, raw: number | string): void {
    if (tick > this.rest.get(LAST)) this.rest.set(LAST, tick);
    const number = typeof raw === 'number' ? raw : Number.NaN;
    if (this.#window === null) {
      this.rest.set(VALUE, number);
      return;
    }
    if (!Number.isNaN(number) && tick > this.#savedTo) this.#window.push(tick, number);
    this.#isWorkedOut = false;
    // What lies under it moves on by itself.
    if (this.#floor !== null) this.#measured();
  }

  code(tick: number, since: number): string | null {
    if (this.#floor !== null && Number.isNaN(this.#floor.level)) return 'background';
    const window = this.#window;
    if (window === null) return Number.isNaN(this.rest.get(VALUE)) ? 'no-value' : null;
    if (window.isCovered() && !Number.isNaN(this.#measured())) return null;
    return tick - since < window.overMs ? 'filling' : 'coverage';
  }

  isQuiet(held: number): boolean {
    const band = this.#ladder.bands[held];
    if (band === undefined) return false;
    if (this.#window !== null) {
      if (this.#floor !== null || !this.#window.isCovered()) return false;
      if (this.#window.isSurelyWithin(band.sure)) return true;
    }
    const value = this.#measured();
    return value <= band.exact.high && value >= band.exact.low;
  }

  restBand(held: number): Band | undefined {
    return this.#window === null ? this.#ladder.bands[held]?.exact : undefined;
  }

  isPassed(level: number): boolean {
    return this.#ladder.limits[level]?.isPassed(this.#measured()) === true;
  }

  isBack(level: number): boolean {
    return this.#ladder.limits[level]?.isBack(this.#measured()) !== false;
  }

  value(): number | null {
    const value = this.#measured();
    return Number.isFinite(value) ? value : null;
  }

  limit(level: number): number | null {
    return this.#ladder.limits[level]?.numberOf(this.#measured()) ?? null;
  }

  coverage(): number | null {
    return this.#window === null ? null : Math.min(1, this.#window.coverage());
  }

  validUntil(): number {
    return this.rest.get(LAST) + this.#gapMs;
  }

  dueByTime(): number {
    return Number.POSITIVE_INFINITY;
  }

  coverageEnd(since: number): number {
    return this.#window?.coverageEnd(since) ?? Number.POSITIVE_INFINITY;
  }

  restore(tick: number): void {
    this.rest.set(LAST, Math.max(this.rest.get(LAST), tick));
  }

  clear(): void {
    this.#window?.clear();
    this.rest.set(VALUE, Number.NaN);
    this.#isWorkedOut = true;
  }

  /** Of what is measured, history has the readings. */
  saveWindow(): SavedWindow | undefined {
    return this.inputs[0]?.derived === undefined ? undefined : this.#window?.save();
  }

  restoreWindow(saved: SavedWindow, shift: number): void {
    this.#window?.restore(saved, shift);
    this.#savedTo = (saved.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY) + shift;
    this.#isWorkedOut = false;
  }

  #measured(): number {
    if (!this.#isWorkedOut && this.#window !== null) {
      this.rest.set(VALUE, this.#window.value() - (this.#floor?.level ?? 0));
      this.#isWorkedOut = true;
    }
    return this.rest.get(VALUE);
  }
}
