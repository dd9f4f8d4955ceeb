import { isEqual } from '#kit/equal.ts';
import { hashText } from '#kit/hash.ts';
import type { Zone } from '#kit/zone.ts';
import type { Reading } from '../../drivers/reading.ts';
import type { DayWindow } from './calendar.ts';
import { dayNightLevel } from './day-night.ts';
import { lengthOf, type Per, type Period, periodAt } from './period.ts';
import type { Derived, RulePoint } from './point.ts';
import { percentOf, type SavedStatistics, Statistics } from './statistics.ts';
import type { While } from './while.ts';

/** What is gathered is stored so often at most: cards wear out, and history has what came since. */
const SAVE_MS = 600_000;
/** How far back history must fill what was not stored yet: the time between two of them, and a late one. */
export const DERIVE_MEMORY_MS = SAVE_MS + 60_000;

const stored = (tick: number): number | null => (Number.isFinite(tick) ? tick : null);

/** An equivalent level of a date's day or night, as the day-night level is made of them. */
interface Level {
  readonly date: string;
  readonly value: number;
  readonly isCovered: boolean;
}

/** What outlives a restart of one source and period. */
export interface DeriverState {
  /** Of what is derived and how: of another one the state is not taken over. */
  readonly meaning: number;
  /** The newest sample that is in it, and the newest values that were told: ticks. */
  readonly asOf: number | null;
  readonly toldAt: number | null;
  readonly period: Period | null;
  readonly until: number;
  readonly statistics: SavedStatistics;
  readonly last: Level | null;
}

/**
 * Points that are computed of another one's good readings, period by period: an hour's Leq and L10, a night's Ln. Each
 * reading weighs the same, so that periods are combined by energy and by their valid counts. What is read while `while`
 * is not true is void: it counts neither as a sample nor as covered. Values are of the period's end; below `coverage`
 * they are uncertain, and without any sample bad, code `coverage` both.
 */
export class Deriver {
  readonly source: RulePoint;
  readonly while: While | null;
  readonly #per: Per;
  readonly #zone: Zone;
  readonly #outputs: readonly (RulePoint & { readonly derived: Derived })[];
  readonly #coverage: number;
  readonly #meaning: number;
  readonly #statistics: Statistics;
  /** Of the same source by day, where a day-night level is wanted. */
  readonly #byDay: Deriver | undefined;
  #period: Period | null = null;
  #until = 0;
  #last: Level | null = null;
  #asOf = Number.NEGATIVE_INFINITY;
  #toldAt = Number.NEGATIVE_INFINITY;
  /** The newest values that were told before what was restored. */
  #restoredTo = Number.NEGATIVE_INFINITY;
  #savedAt: number;

  constructor(
    source: RulePoint,
    outputs: readonly (RulePoint & { readonly derived: Derived })[],
    { coverage, while: condition }: Derived,
    per: Per,
    zone: Zone,
    start: { readonly at: number; readonly tick: number },
    around: { readonly while: While | null; readonly byDay: Deriver | undefined },
  ) {
    this.source = source;
    this.while = around.while;
    this.#byDay = around.byDay;
    this.#per = per;
    this.#zone = zone;
    this.#outputs = outputs;
    this.#coverage = coverage;
    this.#statistics = new Statistics(outputs.some(({ derived }) => percentOf(derived.value) !== null));
    this.#savedAt = start.tick;
    const values = outputs.map(({ derived }) => derived.value);
    this.#meaning = hashText(JSON.stringify([values, coverage, condition, per, source.everyMs, zone.name]));
    this.#open(start.at);
  }

  get key(): string {
    const name = typeof this.#per === 'number' ? this.#per : this.#per.name;
    return `derived:${this.source.key}:${name}`;
  }

  /** Whether it does the same of the same, so that what this one has gathered is the other's. */
  isSame(other: Deriver): boolean {
    return (
      this.#meaning === other.#meaning &&
      this.while === other.while &&
      this.#byDay === other.#byDay &&
      isEqual([this.source, this.#outputs, this.#per], [other.source, other.#outputs, other.#per])
    );
  }

  /** Keys of the points that it gives. */
  get points(): readonly string[] {
    return this.#outputs.map(({ key }) => key);
  }

  /** UTC ms of the end of the present period, or of when the next one begins. */
  get until(): number {
    return this.#until;
  }

  /** A good reading of the source at `tick`, in the present period. */
  take(tick: number, value: number | string): void {
    if (this.#period === null || tick <= this.#asOf || typeof value !== 'number') return;
    if (this.while !== null && (this.while.isFalse || !this.while.isKnown(tick))) return;
    this.#asOf = tick;
    this.#statistics.add(value);
  }

  /** Time has come to `at`: what has ended is told. */
  turn(at: number, tick: number): readonly Reading[] {
    if (at < this.#until) return [];
    const told = this.#period === null ? [] : this.#tell(this.#period, tick);
    this.#open(at);
    this.#toldAt = tick;
    this.#savedAt = Number.NEGATIVE_INFINITY;
    return told;
  }

  /** The clock was set to `at`: where that is before the present period, what was gathered is void. */
  step(at: number, tick: number): readonly Reading[] {
    if (at >= this.#until) return this.turn(at, tick);
    if (this.#period === null || at < this.#period.from) this.#open(at);
    return [];
  }

  /** Its state when it is time to store it; null when it is not. */
  save(tick: number): DeriverState | null {
    if (tick - this.#savedAt < SAVE_MS) return null;
    this.#savedAt = tick;
    return this.snapshot();
  }

  snapshot(): DeriverState {
    return {
      meaning: this.#meaning,
      asOf: stored(this.#asOf),
      toldAt: stored(this.#toldAt),
      period: this.#period,
      until: this.#until,
      statistics: this.#statistics.save(),
      last: this.#last,
    };
  }

  restore(saved: DeriverState, shift: number): void {
    if (saved.meaning !== this.#meaning) return;
    this.#asOf = (saved.asOf ?? Number.NEGATIVE_INFINITY) + shift;
    this.#toldAt = (saved.toldAt ?? Number.NEGATIVE_INFINITY) + shift;
    this.#restoredTo = this.#toldAt;
    this.#period = saved.period;
    this.#until = saved.until;
    this.#statistics.restore(saved.statistics);
    this.#last = saved.last;
  }

  /** Whether a value of that tick was told before what was restored: such are not derived anew. */
  hadTold(tick: number): boolean {
    return tick <= this.#restoredTo;
  }

  #open(at: number): void {
    ({ period: this.#period, until: this.#until } = periodAt(this.#zone, this.#per, at));
    this.#statistics.clear();
  }

  #tell(period: Period, tick: number): Reading[] {
    const samples = this.#statistics;
    const valid = Math.min(1, (samples.count * this.source.everyMs) / (period.to - period.from));
    const isCovered = valid >= this.#coverage - 1e-9;
    this.#last = samples.count === 0 ? null : { date: period.date, value: samples.of('leq'), isCovered };
    return this.#outputs.map(({ key, derived }): Reading => {
      const common = { point: key, at: period.to, tick };
      if (derived.value === 'valid') return { ...common, value: 100 * valid, quality: 'good' };
      const day = derived.value === 'ldn' ? (this.#byDay?.lastOf(period.date) ?? null) : null;
      const value = derived.value === 'ldn' ? this.#dayNight(day) : samples.of(derived.value);
      const isGood = isCovered && (derived.value !== 'ldn' || day?.isCovered === true);
      if (Number.isNaN(value)) return { ...common, value: null, quality: 'bad', code: 'coverage' };
      return isGood
        ? { ...common, value, quality: 'good' }
        : { ...common, value, quality: 'uncertain', code: 'coverage' };
    });
  }

  /** The level of the last period, if that was of this date. */
  lastOf(date: string): Level | null {
    return this.#last?.date === date ? this.#last : null;
  }

  #dayNight(day: Level | null): number {
    const dayPer = this.#byDay?.lengthMs;
    if (day === null || this.#last === null || dayPer === undefined) return Number.NaN;
    return dayNightLevel(day.value, this.#last.value, dayPer, this.lengthMs);
  }

  get lengthMs(): number {
    return lengthOf(this.#per);
  }
}

/**
 * What is derived at the points of a site, the day before the night. `whileOf`: what says when a point's readings are void;
 * `before`: of rules whose place these take, which goes on where it is the same.
 */
export function openDerivers(
  points: readonly RulePoint[],
  windows: Readonly<Record<string, DayWindow>>,
  zone: Zone,
  start: { readonly at: number; readonly tick: number },
  whileOf: (condition: Derived['while'], point: RulePoint) => While | null,
  before: (key: string) => Deriver | undefined = () => undefined,
): Deriver[] {
  const sources = new Map(points.map((point) => [point.key, point]));
  const outputs = points.flatMap((point) =>
    point.derived === undefined ? [] : [{ ...point, derived: point.derived }],
  );
  const groups = Map.groupBy(outputs, ({ derived: { from, per } }) => JSON.stringify([from, per]));
  const derivers = new Map<string, Deriver>();
  const isNight = ([, [first]]: [string, { derived: Derived }[]]) => Number(first?.derived.per === 'night');
  for (const [name, group] of [...groups].sort((a, b) => isNight(a) - isNight(b))) {
    const derived = group[0]?.derived;
    const source = sources.get(derived?.from ?? '');
    const per = typeof derived?.per === 'string' ? windows[derived.per] : derived?.per;
    if (derived === undefined || source === undefined || per === undefined) continue;
    const byDay = derivers.get(JSON.stringify([derived.from, 'day']));
    const around = { while: whileOf(derived.while, source), byDay };
    const made = new Deriver(source, group, derived, per, zone, start, around);
    const same = before(made.key);
    derivers.set(name, same?.isSame(made) ? same : made);
  }
  return [...derivers.values()];
}
