import type { Quality } from '../../drivers/reading.ts';
import type { Sample } from './sample.ts';

export const MINUTE_MS = 60_000;

/**
 * What is kept of one point's readings in one minute. One row holds the numbers and what was not good (`state` is
 * empty), and one each state that it was in.
 */
export interface Minute {
  readonly point: number;
  /** UTC milliseconds of its beginning. */
  readonly minute: number;
  readonly state: string;
  count: number;
  /** Good ones among them. */
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
  /** Sum of 10^(value/10): by `good` and as a level again, the energy mean of decibels. Null where that has no meaning. */
  energy: number | null;
}

export const newMinute = (point: number, minute: number, state: string): Minute => ({
  point,
  minute,
  state,
  count: 0,
  good: 0,
  badAt: null,
  min: null,
  minAt: null,
  max: null,
  maxAt: null,
  sum: 0,
  energy: 0,
});

/** Takes one reading into its minute's row. */
export function addToMinute(row: Minute, value: number | string | null, quality: Quality, at: number): void {
  row.count++;
  if (quality !== 'good' || value === null) {
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

/** The values of a minute that are shown: its extremes, its state, or that there was nothing good. */
export function samplesOf(row: Minute): Sample[] {
  if (row.state !== '') {
    return row.minAt === null ? [] : [{ at: row.minAt, value: row.state, quality: 'good', weight: row.count }];
  }
  if (row.min === null || row.max === null || row.minAt === null || row.maxAt === null) {
    return row.badAt === null ? [] : [{ at: row.badAt, value: null, quality: 'bad', weight: row.count }];
  }
  const low: Sample = { at: row.minAt, value: row.min, quality: 'good', weight: 1 };
  return row.minAt === row.maxAt ? [low] : [low, { at: row.maxAt, value: row.max, quality: 'good', weight: 1 }];
}
