import { Aggregates, MINUTE_MS } from './aggregate.ts';
import { encodeAggregates } from './aggregate-column.ts';
import { encodeChunk, encodeOrder } from './chunk.ts';
import { BYTES_A_READING, type Columns, columnsOf, Dictionary, isLate, isText, readValue } from './columns.ts';
import type { Frame } from './frame.ts';

/** So much is done before others get their turn: a few milliseconds on a small box. */
const READINGS_A_SLICE = 16_384;
const POINTS_A_SLICE = 16;

export interface PackedPoint {
  readonly point: number;
  readonly chunk: Uint8Array;
  /** Null where all was late, or the point has no minutes. */
  readonly minutes: Uint8Array | null;
}

export interface PackedSegment {
  readonly order: Uint8Array;
  readonly points: readonly PackedPoint[];
}

export interface Described {
  /** Whether its values are levels, whose energy has a mean. */
  isNoise(point: number): boolean;
  /** Whether minutes and hours are kept of it. */
  hasMinutes(point: number): boolean;
}

/** Packs frames into a chunk for each point, a slice at a time. */
export function* packFrames(
  frames: readonly Frame[],
  count: number,
  described: Described,
): Generator<void, PackedSegment> {
  const { columns, texts } = yield* joined(frames, count);
  const indices = byPoint(columns.point);
  yield;
  const order = encodeOrder(columns);
  const points: PackedPoint[] = [];
  for (const [point, of] of indices) {
    // Nobody's: its row is that of the order.
    if (point === 0) continue;
    points.push({
      point,
      chunk: encodeChunk(columns, texts, of),
      minutes: minutesOf(columns, texts, of, point, described),
    });
    if (points.length % POINTS_A_SLICE === 0) yield;
  }
  return { order, points };
}

function* joined(frames: readonly Frame[], count: number): Generator<void, { columns: Columns; texts: string[] }> {
  const columns = columnsOf(new ArrayBuffer(count * BYTES_A_READING));
  const texts = new Dictionary();
  let at = 0;
  let sliceEnd = READINGS_A_SLICE;
  for (const frame of frames) {
    const from = columnsOf(frame.buffer);
    const indices = frame.texts.map((text) => texts.indexOf(text));
    columns.tick.set(from.tick.map(Math.round), at);
    columns.at.set(from.at.map(Math.round), at);
    columns.point.set(from.point, at);
    columns.kind.set(from.kind, at);
    columns.deviceAt.set(from.deviceAt.map(Math.round), at);
    columns.value.set(from.value, at);
    if (indices.length > 0) {
      from.kind.forEach((bits, i) => {
        if (isText(bits)) columns.value[at + i] = indices[from.value[i] ?? 0] ?? 0;
      });
      columns.code.set(
        from.code.map((code) => (code === 0 ? 0 : (indices[code - 1] ?? 0) + 1)),
        at,
      );
    }
    at += from.at.length;
    if (at < sliceEnd) continue;
    sliceEnd = at + READINGS_A_SLICE;
    yield;
  }
  return { columns, texts: texts.texts };
}

/** Each point's own indices, in their order; points in the order of their numbers. */
function byPoint(points: Uint32Array): [point: number, indices: Uint32Array][] {
  const ends = new Uint32Array(points.reduce((most, point) => Math.max(most, point), 0) + 1);
  for (const point of points) ends[point] = (ends[point] ?? 0) + 1;
  let end = 0;
  for (let point = 0; point < ends.length; point++) {
    end += ends[point] ?? 0;
    ends[point] = end;
  }
  const indices = new Uint32Array(points.length);
  // From the last to the first, each before the one that came after it: each end moves to its point's beginning.
  for (let index = points.length - 1; index >= 0; index--) {
    const at = (ends[points[index] ?? 0] ?? 0) - 1;
    ends[points[index] ?? 0] = at;
    indices[at] = index;
  }
  const found: [number, Uint32Array][] = [];
  ends.forEach((begin, point) => {
    const of = indices.subarray(begin, ends[point + 1] ?? points.length);
    if (of.length > 0) found.push([point, of]);
  });
  return found;
}

function minutesOf(
  { kind, value, at }: Columns,
  texts: readonly string[],
  indices: Uint32Array,
  point: number,
  described: Described,
): Uint8Array | null {
  if (!described.hasMinutes(point)) return null;
  const minutes = new Aggregates(MINUTE_MS, described.isNoise(point));
  for (const index of indices) {
    const bits = kind[index] ?? 0;
    if (isLate(bits)) continue;
    const read = readValue(bits, value[index] ?? 0, texts);
    minutes.add(read.value, read.quality, at[index] ?? 0);
  }
  const rows = minutes.rows();
  return rows.length === 0 ? null : encodeAggregates(rows, MINUTE_MS);
}
