/** Bins of 0.1 dB from 0 to 140 dB: percentiles are exact to what instruments resolve, in the same memory for any time. */
const PER_UNIT = 10;
const BINS = 140 * PER_UNIT + 1;

/** What can be said of the good samples of a period. */
export type Statistic = 'leq' | 'mean' | 'max' | 'min' | `l${number}`;

/** As they outlive a restart. `bins` begin with the place of the first that is not empty. */
export interface SavedStatistics {
  readonly count: number;
  readonly sum: number;
  readonly energy: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly bins: readonly number[];
}

/** The percentage of a level that is exceeded so much of the time, of `l10` 10; null of all else. */
export const percentOf = (statistic: string): number | null =>
  /^l\d+$/.test(statistic) ? Number(statistic.slice(1)) : null;

/** Samples of equal weight, of which only sums and counts are kept. */
export class Statistics {
  readonly #bins: Uint32Array | null;
  #count = 0;
  #sum = 0;
  #energy = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  /** `hasPercentiles`: levels exceeded for a share of the time are asked for. */
  constructor(hasPercentiles: boolean) {
    this.#bins = hasPercentiles ? new Uint32Array(BINS) : null;
  }

  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    this.#count++;
    this.#sum += value;
    this.#energy += 10 ** (value / 10);
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (this.#bins === null) return;
    const bin = Math.min(BINS - 1, Math.max(0, Math.round(value * PER_UNIT)));
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
  }

  /** NaN without samples. */
  of(statistic: Statistic): number {
    if (this.#count === 0) return Number.NaN;
    switch (statistic) {
      case 'leq':
        return 10 * Math.log10(this.#energy / this.#count);
      case 'mean':
        return this.#sum / this.#count;
      case 'max':
        return this.#max;
      case 'min':
        return this.#min;
      default:
        return this.#exceeded(percentOf(statistic) ?? Number.NaN);
    }
  }

  clear(): void {
    this.#bins?.fill(0);
    this.#count = 0;
    this.#sum = 0;
    this.#energy = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }

  save(): SavedStatistics {
    const isEmpty = this.#count === 0;
    const first = this.#bins?.findIndex((count) => count > 0) ?? -1;
    const last = this.#bins?.findLastIndex((count) => count > 0) ?? -1;
    return {
      count: this.#count,
      sum: this.#sum,
      energy: this.#energy,
      min: isEmpty ? null : this.#min,
      max: isEmpty ? null : this.#max,
      bins: first < 0 || this.#bins === null ? [] : [first, ...this.#bins.subarray(first, last + 1)],
    };
  }

  restore({ count, sum, energy, min, max, bins }: SavedStatistics): void {
    this.clear();
    this.#count = count;
    this.#sum = sum;
    this.#energy = energy;
    this.#min = min ?? Number.POSITIVE_INFINITY;
    this.#max = max ?? Number.NEGATIVE_INFINITY;
    const [first = 0, ...counts] = bins;
    this.#bins?.set(counts, first);
  }

  /** The k-th largest of n, k = ⌈n·p/100⌉ (RULES.md, section 2, percentile). */
  #exceeded(p: number): number {
    if (this.#bins === null) return Number.NaN;
    let left = Math.max(1, Math.ceil((this.#count * p) / 100));
    for (let bin = BINS - 1; bin >= 0; bin--) {
      left -= this.#bins[bin] ?? 0;
      if (left <= 0) return bin / PER_UNIT;
    }
    return Number.NaN;
  }
}
