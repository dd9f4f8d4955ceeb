import type { Quality } from '../../drivers/reading.ts';
import type { Sample } from './sample.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/**
 * What is kept of one point's readings in one minute, hour or day of UTC. One row holds the numbers and what was not good (`state`
 * is empty), and one each state that it was in. Two rows of one slot and state can be joined.
 */
export interface Aggregate {
  /** UTC milliseconds of its beginning. */
  readonly from: number;
  readonly state: string;
  count: number;
  /** Good ones among them: by `count`, the validity. */
  good: number;
  /** When the first one was read that was not good. */
  badAt: number | null;
  min: number | null;
  /** When it was read; of a state, when it was seen first. */
  minAt: number | null;
  max: number | null;
  maxAt: number | null;
  /** Of the good numbers: by `good`, their mean. */
  sum: number;
  /** Sum of 10^(value/10), of noise: by `good` and as a level again, the Leq. Null where that has no meaning. */
  energy: number | null;
}

export const newAggregate = (from: number, state: string, isNoise: boolean): Aggregate => ({
  from,
  state,
  count: 0,
  good: 0,
  badAt: null,
  min: null,
  minAt: null,
  max: null,
  maxAt: null,
  sum: 0,
  energy: isNoise ? 0 : null,
});

/** The rows of one point, by slot and state, while readings or rows of shorter slots are taken in. */
export class Aggregates {
  readonly #slotMs: number;
  readonly #isNoise: boolean;
  /** By state, then by slot. */
  readonly #rows = new Map<string, Map<number, Aggregate>>();
  #last: Aggregate | undefined;

  constructor(slotMs: number, isNoise: boolean) {
    this.#slotMs = slotMs;
    this.#isNoise = isNoise;
  }

  /** Takes one reading in. */
  add(value: number | string | null, quality: Quality, at: number): void {
    const isGood = quality === 'good' && (typeof value === 'string' || Number.isFinite(value));
    const row = this.#row(at, isGood && typeof value === 'string' ? value : '');
    row.count++;
    if (!isGood || value === null) {
      row.badAt ??= at;
      return;
    }
    row.good++;
    if (typeof value === 'string') {
      row.minAt ??= at;
      return;
    }
    if (row.min === null || value < row.min) {
      row.min = value;
      row.minAt = at;
    }
    if (row.max === null || value > row.max) {
      row.max = value;
      row.maxAt = at;
    }
    row.sum += value;
    const energy = 10 ** (value / 10);
    row.energy = row.energy === null || !Number.isFinite(energy) ? null : row.energy + energy;
  }

  /** Joins a row of a slot that lies within one of these. */
  join(other: Aggregate): void {
    const row = this.#row(other.from, other.state);
    row.count += other.count;
    row.good += other.good;
    if (other.badAt !== null) row.badAt = Math.min(row.badAt ?? other.badAt, other.badAt);
    if (other.state !== '') row.minAt = Math.min(row.minAt ?? Number.POSITIVE_INFINITY, other.minAt ?? other.from);
    if (other.min !== null && (row.min === null || other.min < row.min)) {
      row.min = other.min;
      row.minAt = other.minAt;
    }
    if (other.max !== null && (row.max === null || other.max > row.max)) {
      row.max = other.max;
      row.maxAt = other.maxAt;
    }
    if (other.min === null) return;
    row.sum += other.sum;
    // What was no noise before has no energy: none is better than a part of it.
    row.energy = row.energy === null || other.energy === null ? null : row.energy + other.energy;
  }

  /** By time, then by state. */
  rows(): Aggregate[] {
    return [...this.#rows.values()]
      .flatMap((slots) => [...slots.values()])
      .sort((a, b) => a.from - b.from || Number(a.state > b.state) - Number(a.state < b.state));
  }

  #row(at: number, state: string): Aggregate {
    const from = Math.floor(at / this.#slotMs) * this.#slotMs;
    if (this.#last?.from === from && this.#last.state === state) return this.#last;
    let slots = this.#rows.get(state);
    if (slots === undefined) {
      slots = new Map();
      this.#rows.set(state, slots);
    }
    let row = slots.get(from);
    if (row === undefined) {
      row = newAggregate(from, state, this.#isNoise);
      slots.set(from, row);
    }
    this.#last = row;
    return row;
  }
}

export const meanOf = ({ sum, good }: Aggregate): number | null => (good === 0 ? null : sum / good);

/** The Leq: the level of the mean energy. */
export const leqOf = ({ energy, good }: Aggregate): number | null =>
  energy === null || good === 0 ? null : 10 * Math.log10(energy / good);

/** The values of a row that are shown: its extremes, its state, or that there was nothing good. */
export function samplesOf(row: Aggregate): Sample[] {
  if (row.state !== '') {
    return row.minAt === null ? [] : [{ at: row.minAt, value: row.state, quality: 'good', weight: row.count }];
  }
  if (row.min === null || row.max === null || row.minAt === null || row.maxAt === null) {
    return row.badAt === null ? [] : [{ at: row.badAt, value: null, quality: 'bad', weight: row.count }];
  }
  const low: Sample = { at: row.minAt, value: row.min, quality: 'good', weight: 1 };
  const high: Sample = { at: row.maxAt, value: row.max, quality: 'good', weight: 1 };
  if (row.minAt === row.maxAt) return [low];
  return row.minAt < row.maxAt ? [low, high] : [high, low];
}

/** Rows of one point joined into longer slots: of noise where all that has numbers is. */
export function joinedInto(slotMs: number, rows: readonly Aggregate[]): Aggregate[] {
  const joined = new Aggregates(
    slotMs,
    rows.every(({ min, energy }) => min === null || energy !== null),
  );
  for (const row of rows) joined.join(row);
  return joined.rows();
}
