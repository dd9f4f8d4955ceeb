import { encodeDuration } from '#kit/duration.ts';
import type { Measure } from './rule.ts';
import { type Fold, Span } from './span.ts';
import type { Band } from './threshold.ts';

export type Windowed = Exclude<Measure, { kind: 'value' | 'angle' | 'certificate' }>;

/** Energies of levels of whole tenths, as nearly every instrument gives them, from 0 to 140 dB. */
const ENERGIES = Float64Array.from({ length: 1401 }, (_, tenths) => 10 ** (tenths / 10 / 10));

/** Level in dB → energy relative to 0 dB. */
function energy(level: number): number {
  const tenths = Math.round(level * 10);
  return tenths / 10 === level ? (ENERGIES[tenths] ?? 10 ** (level / 10)) : 10 ** (level / 10);
}
/** Of shares of a time in periods. */
const ROUNDING = 1e-9;
/** A level is surely on one side of a limit when it is so much beyond it, dB; nearer than that it is worked out. */
const SURELY = 1e-6;

/** Least-squares slope over the window, per minute; NaN below three readings or when all are of one time. */
function slope(span: Span): number {
  const n = span.size;
  if (n < 3) return Number.NaN;
  const origin = span.tick(0);
  let [t, v, tt, tv] = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const minutes = (span.tick(i) - origin) / 60_000;
    const value = span.value(i);
    t += minutes;
    v += value;
    tt += minutes * minutes;
    tv += minutes * value;
  }
  const spread = n * tt - t * t;
  return spread > 0 ? (n * tv - t * v) / spread : Number.NaN;
}

/** The level exceeded p % of the time: of n readings the k-th largest, k = ⌈n·p/100⌉. */
function exceeded(span: Span, p: number): number {
  const sorted = Float64Array.from({ length: span.size }, (_, i) => span.value(i)).sort();
  return sorted[sorted.length - Math.max(1, Math.ceil((sorted.length * p) / 100))] ?? Number.NaN;
}

/** Minutes until the next of some levels is reached if it goes on like this; Infinity where it does not rise to one. */
function timeTo(span: Span, levels: readonly number[], least: number): number {
  const rate = slope(span);
  const value = span.value(span.size - 1);
  const next = levels.find((level) => level > value);
  if (Number.isNaN(rate)) return Number.NaN;
  return next === undefined || rate <= least ? Number.POSITIVE_INFINITY : (next - value) / rate;
}

interface Kind {
  readonly fold: Fold | null;
  /** What the window keeps of a value. */
  readonly keep?: (value: number) => number;
  readonly of: (span: Span, measure: Windowed) => number;
}

/** One row a measure; RULES.md, section 2. */
const KINDS: Readonly<Record<Windowed['kind'], Kind>> = {
  mean: { fold: 'sum', of: (span) => span.folded() / span.size },
  min: { fold: 'least', of: (span) => span.folded() },
  max: { fold: 'most', of: (span) => span.folded() },
  // Energy mean, 10·log10(mean(10^(L/10))): GB 12523, GB 3096.
  leq: { fold: 'sum', keep: energy, of: (span) => 10 * Math.log10(span.folded() / span.size) },
  rate: { fold: null, of: slope },
  delta: { fold: null, of: (span) => span.value(span.size - 1) - span.value(0) },
  'time-to': {
    fold: null,
    of: (span, measure) => (measure.kind === 'time-to' ? timeTo(span, measure.at, measure.rising) : Number.NaN),
  },
  percentile: {
    fold: null,
    of: (span, measure) => (measure.kind === 'percentile' ? exceeded(span, measure.p) : Number.NaN),
  },
};

/** What a window keeps is compared with, instead of its measure: of an Leq mean energies, which need no logarithm. */
export function sureBand(measure: Measure, { low, high }: Band): Band {
  if (measure.kind !== 'leq') return { low: Number.NaN, high: Number.NaN };
  return { low: energy(low + SURELY), high: energy(high - SURELY) };
}

/** As a person reads it, and as events carry it: `leq 20min`. */
export function describeMeasure(measure: Measure): string {
  if (measure.kind === 'value') return 'value';
  if (measure.kind === 'angle') return 'angle from background';
  if (measure.kind === 'certificate') return 'certificate';
  const over = encodeDuration(measure.over);
  const from = 'from' in measure ? ' from background' : '';
  if (measure.kind === 'time-to') return `time-to ${measure.at.join(' ')} ${over}`;
  return `${measure.kind === 'percentile' ? `percentile ${measure.p}` : measure.kind} ${over}${from}`;
}

/** A measure over a window of good readings of one point. */
export class WindowMeasure {
  readonly #measure: Windowed;
  readonly #kind: Kind;
  readonly #span: Span;
  readonly #everyMs: number;
  /** How many readings cover it. */
  readonly #needed: number;

  constructor(measure: Windowed, everyMs: number) {
    this.#measure = measure;
    this.#kind = KINDS[measure.kind];
    this.#everyMs = everyMs;
    this.#needed = Math.ceil((measure.over * measure.coverage - ROUNDING) / everyMs);
    this.#span = new Span(measure.over, Math.ceil(measure.over / everyMs), this.#kind.fold);
  }

  get overMs(): number {
    return this.#measure.over;
  }

  push(tick: number, value: number): void {
    this.#span.push(tick, this.#kind.keep?.(value) ?? value);
  }

  clear(): void {
    this.#span.clear();
  }

  /** What it holds, oldest first, as it keeps it. */
  save(): (readonly [tick: number, kept: number])[] {
    return Array.from({ length: this.#span.size }, (_, i) => [this.#span.tick(i), this.#span.value(i)] as const);
  }

  /** Takes what was saved, `shift` added to its ticks. */
  restore(saved: readonly (readonly [tick: number, kept: number])[], shift: number): void {
    this.#span.clear();
    for (const [tick, kept] of saved) this.#span.push(tick + shift, kept);
  }

  /** Share of the window that good readings fill: their number × the period ÷ its length. */
  coverage(): number {
    return (this.#span.size * this.#everyMs) / this.#measure.over;
  }

  isCovered(): boolean {
    return this.#span.size >= this.#needed;
  }

  /** The tick at which coverage is lost if nothing more is read; while it fills, when it should be full. */
  coverageEnd(since: number): number {
    const needed = this.#needed;
    if (needed <= 0) return Number.POSITIVE_INFINITY;
    return this.#span.size < needed
      ? since + this.#measure.over
      : this.#span.tick(this.#span.size - needed) + this.#measure.over;
  }

  /** Whether it is surely within a band that `sureBand` gave, without working it out. False says nothing. */
  isSurelyWithin({ low, high }: Band): boolean {
    const mean = this.#span.folded() / this.#span.size;
    return mean < high && mean > low;
  }

  /** NaN when there are too few readings for it. */
  value(): number {
    return this.#span.size === 0 ? Number.NaN : this.#kind.of(this.#span, this.#measure);
  }
}
