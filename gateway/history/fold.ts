import type { DatabaseSync } from 'node:sqlite';
import { DAY_MS, HOUR_MS, joinedInto } from './aggregate.ts';
import { decodeAggregates, encodeAggregates } from './aggregate-column.ts';
import { HOURS_SPAN_MS, inTransaction } from './history-database.ts';
import type { Recorded, Segment } from './recorded.ts';

/** Points of one transaction, and the time after which others get their turn. */
const MOST_POINTS = 64;
const SLICE_MS = 40;

/**
 * How far the minutes are folded into hours: those of segments up to `done` are; of `done` to `to` for the points up
 * to `point`. Stored with each step, so that each minute is folded once, whatever happens.
 */
export interface FoldState {
  readonly done: number;
  readonly to: number;
  readonly point: number;
  /** The first day that hours are kept of; null before any is. */
  readonly fromDay: number | null;
  /** Of all hours, packed. */
  readonly bytes: number;
}

export const NOTHING_FOLDED: FoldState = { done: 0, to: 0, point: 0, fromDay: null, bytes: 0 };

/** The last segment whose minutes are in the hours of a point. */
export const foldedTo = ({ done, to, point }: FoldState, of: number): number =>
  of <= point ? Math.max(to, done) : done;

/** Whether a day has ended since the last time. */
export function isFoldDue(unfolded: readonly Segment[]): boolean {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { fromAt, toAt } of unfolded) {
    from = Math.min(from, fromAt);
    to = Math.max(to, toAt);
  }
  return Math.floor(to / DAY_MS) > Math.floor(from / DAY_MS);
}

export interface Folding {
  readonly db: DatabaseSync;
  readonly recorded: Recorded;
  /** Segments after `state.done` up to `state.to`. */
  readonly segments: readonly Segment[];
  /** Of every point, by rising number. */
  readonly points: readonly number[];
  /** Days before this go. */
  readonly keepFromDay: number;
  /** Called after each step is stored. */
  readonly stepped: (state: FoldState) => void;
}

/** Joins the minutes of segments into the hours and days of each point, some points at a time. */
export function* fold(start: FoldState, folding: Folding): Generator<void, void> {
  const { db, recorded, segments, points, keepFromDay } = folding;
  const put = db.prepare('INSERT OR REPLACE INTO hours (point, span, hours, days) VALUES (?, ?, ?, ?)');
  const find = db.prepare(
    'SELECT hours, length(hours) + length(days) AS bytes FROM hours WHERE point = ? AND span = ?',
  );
  const drop = db.prepare(
    'DELETE FROM hours WHERE point = ? AND span < ? RETURNING length(hours) + length(days) AS bytes',
  );
  const keepFromSpan = Math.floor((keepFromDay * DAY_MS) / HOURS_SPAN_MS);
  const keep = db.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES ('fold', ?)");
  let state = start;
  const left = points.filter((point) => point > start.point);
  while (left.length > 0) {
    const since = performance.now();
    let { point: reached, bytes } = state;
    let next = state;
    inTransaction(db, () => {
      for (let i = 0; i < MOST_POINTS && performance.now() - since < SLICE_MS; i++) {
        const point = left.shift();
        if (point === undefined) break;
        const minutes = segments.flatMap(({ id }) => recorded.minutes(id, point));
        for (const [span, rows] of Map.groupBy(minutes, ({ from }) => Math.floor(from / HOURS_SPAN_MS))) {
          const before = find.get(point, span);
          const known = before?.hours instanceof Uint8Array ? decodeAggregates(before.hours, HOUR_MS) : [];
          const hours = joinedInto(HOUR_MS, [...known, ...rows]);
          const packed = encodeAggregates(hours, HOUR_MS);
          const days = encodeAggregates(joinedInto(DAY_MS, hours), DAY_MS);
          put.run(point, span, packed, days);
          bytes += packed.length + days.length - Number(before?.bytes ?? 0);
        }
        for (const dropped of drop.all(point, keepFromSpan)) bytes -= Number(dropped.bytes);
        reached = point;
      }
      next = { ...state, point: reached, bytes };
      if (left.length === 0) next = { done: state.to, to: state.to, point: 0, fromDay: keepFromDay, bytes };
      keep.run(JSON.stringify(next));
    });
    state = next;
    folding.stepped(state);
    yield;
  }
}
