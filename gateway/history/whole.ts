import { type Aggregate, Aggregates, DAY_MS, HOUR_MS, joinedInto, MINUTE_MS, samplesOf } from './aggregate.ts';
import { columnsOf, isLate, readValue } from './columns.ts';
import { type FoldState, foldedTo } from './fold.ts';
import type { Pending } from './pending.ts';
import type { Recorded, Segment } from './recorded.ts';
import type { Sample } from './sample.ts';

/** All that is kept: hours, then what is packed, then what is still in journals. */
export interface Whole {
  readonly recorded: Recorded;
  readonly segments: readonly Segment[];
  readonly pending: readonly Pending[];
  readonly fold: FoldState;
}

/** Spans up to this are shown from the readings themselves, up to the next from minutes, then hours, longer ones from days. */
const READINGS_SPAN_MS = HOUR_MS;
const MINUTES_SPAN_MS = 3 * DAY_MS;
const HOURS_SPAN_MS = 92 * DAY_MS;

/** What there is of a point in a time, as finely as its length asks for and as is still kept. */
export function samplesAcross(whole: Whole, point: number, from: number, to: number): Sample[] {
  const { recorded, segments, pending } = whole;
  const span = to - from;
  if (span > MINUTES_SPAN_MS) {
    const slotMs = span > HOURS_SPAN_MS ? DAY_MS : HOUR_MS;
    return shown(aggregatesOf(whole, point, slotMs, from - slotMs + 1, to), from, to);
  }
  const samples: Sample[] = [];
  const minutes = new Aggregates(MINUTE_MS, false);
  let earliest = Number.POSITIVE_INFINITY;
  for (const segment of segments) {
    earliest = Math.min(earliest, segment.fromAt);
    if (segment.toAt < from || segment.fromAt > to) continue;
    if (span <= READINGS_SPAN_MS && segment.chunkBytes > 0) samples.push(...recorded.samples(segment, point, from, to));
    else for (const row of recorded.minutes(segment.id, point)) minutes.join(row);
  }
  for (const each of pending) {
    earliest = Math.min(earliest, each.fromAt);
    const read = each.samples(point, from, to);
    if (span <= READINGS_SPAN_MS) samples.push(...read);
    else for (const { value, quality, at } of read) minutes.add(value, quality, at);
  }
  samples.push(...shown(minutes.rows(), from, to));
  if (from < earliest)
    samples.push(
      ...shown(
        recorded.hours(HOUR_MS, point, from, to).filter((row) => row.from + HOUR_MS <= earliest),
        from,
        to,
      ),
    );
  return samples;
}

export type SlotMs = typeof MINUTE_MS | typeof HOUR_MS | typeof DAY_MS;

/** Minutes of what is not packed yet, by point; one look for all of them. */
export function freshMinutes(
  pending: readonly Pending[],
  isNoise: (point: number) => boolean,
  from: number,
  to: number,
): ReadonlyMap<number, Aggregate[]> {
  const minutes = new Map<number, Aggregates>();
  for (const { frames, fromAt, toAt } of pending) {
    if (toAt < from || fromAt > to) continue;
    for (const { buffer, texts } of frames) {
      const columns = columnsOf(buffer);
      for (let i = 0; i < columns.at.length; i++) {
        const at = columns.at[i] ?? 0;
        const kind = columns.kind[i] ?? 0;
        if (at < from || at > to || isLate(kind)) continue;
        const point = columns.point[i] ?? 0;
        let of = minutes.get(point);
        if (of === undefined) {
          of = new Aggregates(MINUTE_MS, isNoise(point));
          minutes.set(point, of);
        }
        const { value, quality } = readValue(kind, columns.value[i] ?? 0, texts);
        of.add(value, quality, at);
      }
    }
  }
  return new Map([...minutes].map(([point, of]) => [point, of.rows()]));
}

/** Rows of a point, of slots that begin in a time. `fresh`: its minutes that are not packed yet. */
export function aggregatesOf(
  { recorded, segments, pending, fold }: Whole,
  point: number,
  slotMs: SlotMs,
  from: number,
  to: number,
  fresh = freshOf(pending, point, from - slotMs, to + slotMs),
): Aggregate[] {
  const first = Math.floor(from / slotMs) * slotMs;
  const end = Math.floor(to / slotMs) * slotMs + slotMs - 1;
  const folded = slotMs === MINUTE_MS ? 0 : foldedTo(fold, point);
  const kept = slotMs === MINUTE_MS ? [] : recorded.hours(slotMs, point, first, end);
  const minutes: Aggregate[] = [];
  for (const { id, fromAt, toAt } of segments) {
    if (id > folded && toAt >= first && fromAt <= end) minutes.push(...recorded.minutes(id, point));
  }
  minutes.push(...fresh.filter((row) => row.from >= first && row.from <= end));
  // Only what shares a slot with something newer has to be joined with it.
  const newest = minutes.reduce((least, row) => Math.min(least, row.from), Number.POSITIVE_INFINITY) - slotMs;
  const alone = kept.filter((row) => row.from <= newest);
  const joined = joinedInto(slotMs, [...kept.filter((row) => row.from > newest), ...minutes]);
  return [...alone, ...joined].filter((row) => row.from >= from && row.from <= to);
}

function freshOf(pending: readonly Pending[], point: number, from: number, to: number): Aggregate[] {
  const minutes = new Aggregates(MINUTE_MS, false);
  for (const each of pending) {
    if (each.toAt < from || each.fromAt > to) continue;
    for (const { value, quality, at } of each.samples(point, from, to)) minutes.add(value, quality, at);
  }
  return minutes.rows();
}

const shown = (rows: readonly Aggregate[], from: number, to: number): Sample[] =>
  rows.flatMap(samplesOf).filter(({ at }) => at >= from && at <= to);
