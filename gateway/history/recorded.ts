import type { DatabaseSync } from 'node:sqlite';
import type { Reading } from '../../drivers/reading.ts';
import { type Aggregate, type DAY_MS, HOUR_MS, MINUTE_MS } from './aggregate.ts';
import { decodeAggregates } from './aggregate-column.ts';
import { type Chunk, decodeChunk, decodeOrder, type Order } from './chunk.ts';
import { isLate, readingOf, readValue } from './columns.ts';
import { HOURS_SPAN_MS, rowOf } from './history-database.ts';
import type { KeptPoint } from './pending.ts';
import type { Sample } from './sample.ts';

/** Readings that were kept one after the other, packed: a chunk for each of their points. */
export interface Segment {
  readonly id: number;
  readonly count: number;
  /** The earliest and the latest `at`. */
  readonly fromAt: number;
  readonly toAt: number;
  /** Of the readings; 0 where only the minutes are left. */
  readonly chunkBytes: number;
  readonly minuteBytes: number;
}

/** History's database, to be read: in the thread that writes it, and in other processes. */
export class Recorded {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Segments after `after`, in the order in which they were kept. */
  segments(after = 0, limit = -1): Segment[] {
    return this.#db
      .prepare(
        `SELECT id, count, from_at AS fromAt, to_at AS toAt, chunk_bytes AS chunkBytes, minute_bytes AS minuteBytes
         FROM segments WHERE id > ? ORDER BY id LIMIT ?`,
      )
      .all(after, limit) as unknown as Segment[];
  }

  points(): Map<number, KeptPoint> {
    const rows = this.#db.prepare('SELECT number, key, noise FROM points').all();
    return new Map(rows.map(({ number, key, noise }) => [Number(number), { key: String(key), isNoise: noise === 1 }]));
  }

  meta(name: string): string | undefined {
    const value = this.#db.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.value;
    return typeof value === 'string' ? value : undefined;
  }

  /** Everything that is told under names that begin so. */
  metas(prefix: string): [name: string, value: string][] {
    const rows = this.#db
      .prepare('SELECT name, value FROM meta WHERE substr(name, 1, ?) = ?')
      .all(prefix.length, prefix);
    return rows.map(({ name, value }) => [String(name), String(value)]);
  }

  /** Of the last segment ever packed, also when it is there no more. */
  get lastSegment(): number {
    return Number(this.meta('last-segment') ?? 0);
  }

  /** Undefined where the readings are there no more. */
  order({ id, count }: Segment): Order | undefined {
    const packed = this.#blob('chunks', rowOf(id, 0));
    return packed === undefined ? undefined : decodeOrder(packed, count);
  }

  hasChunk(segment: number, point: number): boolean {
    return this.#db.prepare('SELECT 1 FROM chunks WHERE row = ?').get(rowOf(segment, point)) !== undefined;
  }

  chunk(segment: number, point: number): Chunk | undefined {
    const packed = this.#blob('chunks', rowOf(segment, point));
    return packed === undefined ? undefined : decodeChunk(packed);
  }

  minutes(segment: number, point: number): Aggregate[] {
    const packed = this.#blob('minutes', rowOf(segment, point));
    return packed === undefined ? [] : decodeAggregates(packed, MINUTE_MS);
  }

  /** Hours or days, of more time than is asked for. */
  hours(slotMs: typeof HOUR_MS | typeof DAY_MS, point: number, from: number, to: number): Aggregate[] {
    const column = slotMs === HOUR_MS ? 'hours' : 'days';
    return this.#db
      .prepare(`SELECT ${column} AS packed FROM hours WHERE point = ? AND span BETWEEN ? AND ? ORDER BY span`)
      .all(point, Math.floor(from / HOURS_SPAN_MS), Math.floor(to / HOURS_SPAN_MS))
      .flatMap(({ packed }) => decodeAggregates(packed as Uint8Array, slotMs));
  }

  /** Readings of one point in a segment. Late ones are of another time than their `at`, and are left out. */
  samples(segment: Segment, point: number, from: number, to: number): Sample[] {
    const chunk = this.chunk(segment.id, point);
    const order = chunk === undefined ? undefined : this.order(segment);
    if (chunk === undefined || order === undefined) return [];
    const samples: Sample[] = [];
    let i = 0;
    for (let index = order.point.indexOf(point); index !== -1; index = order.point.indexOf(point, index + 1)) {
      const at = order.at[index] ?? 0;
      const kind = chunk.kind[i] ?? 0;
      if (at >= from && at <= to && !isLate(kind)) {
        samples.push({ at, ...readValue(kind, chunk.value[i] ?? 0, chunk.texts), weight: 1 });
      }
      i++;
    }
    return samples;
  }

  /** The readings of a segment from the one at `from` on, in the order in which they were kept, of the points that `keyOf` knows. */
  *readings(
    segment: Segment,
    from: number,
    keyOf: (point: number) => string | undefined,
  ): Generator<readonly [index: number, reading: Reading]> {
    const order = this.order(segment);
    if (order === undefined) return;
    const walks = new Map<number, { readonly key: string; readonly chunk: Chunk; next: number } | undefined>();
    for (const point of new Set(order.point)) {
      const key = keyOf(point);
      const chunk = key === undefined ? undefined : this.chunk(segment.id, point);
      walks.set(point, key === undefined || chunk === undefined ? undefined : { key, chunk, next: 0 });
    }
    for (let index = 0; index < order.point.length; index++) {
      const walk = walks.get(order.point[index] ?? 0);
      if (walk === undefined) continue;
      const i = walk.next++;
      if (index >= from)
        yield [index, readingIn(walk.key, walk.chunk, i, order.at[index] ?? 0, order.tick[index] ?? 0)];
    }
  }

  #blob(table: 'chunks' | 'minutes', row: number): Uint8Array | undefined {
    const packed = this.#db.prepare(`SELECT packed FROM ${table} WHERE row = ?`).get(row)?.packed;
    return packed instanceof Uint8Array ? packed : undefined;
  }
}

function readingIn(
  point: string,
  { kind, value, code, deviceAge, texts }: Chunk,
  i: number,
  at: number,
  tick: number,
): Reading {
  const why = texts[(code[i] ?? 0) - 1];
  return readingOf(point, kind[i] ?? 0, value[i] ?? 0, texts, at, tick, why, at - (deviceAge[i] ?? Number.NaN));
}
