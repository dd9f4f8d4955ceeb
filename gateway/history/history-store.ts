import type { DatabaseSync } from 'node:sqlite';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { BYTES_A_READING, columnsOf, isLateAt, type Packed, valueAt } from './columns.ts';
import { checkRoom, openHistoryDatabase, usedBytes } from './history-database.ts';
import { addToMinute, MINUTE_MS, type Minute, newMinute, samplesOf } from './minute.ts';
import { type Sample, thinSamples } from './sample.ts';

export interface HistoryStoreOptions {
  readonly path: string;
  readonly maxBytes: number;
  readonly maxDays: number;
  readonly keepFreeBytes: number;
}

export interface StoredBatch {
  readonly buffer: ArrayBuffer;
  readonly texts: readonly string[];
}

export interface StoreStatus {
  readonly bytes: number;
  readonly readings: number;
  readonly oldestAt: number | null;
}

const DAY_MS = 86_400_000;
/** Spans up to this are shown from the readings themselves, longer ones from the minutes. */
const READINGS_SPAN_MS = 3_600_000;
/** Below this compressing does not pay. */
const COMPRESS_BYTES = 512;
/** The share of the time kept that goes at once when the bound is reached. */
const CUT_SHARE = 0.02;
const CUTS_A_WRITE = 10;

/** History's database as its thread sees it. */
export class HistoryStore {
  readonly #options: HistoryStoreOptions;
  readonly #db: DatabaseSync;
  readonly #numbers = new Map<string, number>();
  /** Minutes that are not over, by point, minute and state. */
  readonly #open = new Map<string, Minute>();
  #status: StoreStatus;

  constructor(options: HistoryStoreOptions) {
    this.#options = options;
    this.#db = openHistoryDatabase(options.path);
    for (const { number, key } of this.points()) this.#numbers.set(key, number);
    this.#status = this.#count();
    this.#refillMinutes();
  }

  get status(): StoreStatus {
    return this.#status;
  }

  points(): { readonly number: number; readonly key: string }[] {
    // The table's own columns.
    return this.#db.prepare('SELECT number, key FROM points').all() as unknown as { number: number; key: string }[];
  }

  /** Stores a batch, and the minutes that it ends, in one transaction; deletes what is beyond the bounds. */
  write(packed: Packed): StoreStatus {
    const { path, keepFreeBytes } = this.#options;
    checkRoom(path, keepFreeBytes);
    const columns = columnsOf(packed.buffer);
    const count = columns.at.length;
    const from = columns.at.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
    const to = columns.at.reduce((most, at) => Math.max(most, at), Number.NEGATIVE_INFINITY);
    const over = [...this.#open].filter(([, { minute }]) => minute + MINUTE_MS <= from);
    const numbers = this.#transaction(() => {
      const numbers = packed.points.map((key) => this.#numberOf(key));
      columns.point.forEach((index, at) => {
        columns.point[at] = numbers[index] ?? 0;
      });
      this.#db
        .prepare('INSERT INTO batches (from_at, to_at, count, texts, packed) VALUES (?, ?, ?, ?, ?)')
        .run(from, to, count, JSON.stringify(packed.texts), compress(packed.buffer));
      for (const [, minute] of over) this.#storeMinute(minute);
      return numbers;
    });
    packed.points.forEach((key, index) => void this.#numbers.set(key, numbers[index] ?? 0));
    for (const [key] of over) this.#open.delete(key);
    this.#addToMinutes({ buffer: packed.buffer, texts: packed.texts });
    const { readings, oldestAt } = this.#status;
    this.#status = {
      bytes: usedBytes(this.#db),
      readings: readings + count,
      oldestAt: Math.min(oldestAt ?? from, from),
    };
    this.#prune(to);
    return this.#status;
  }

  series(point: string, from: number, to: number, points: number): Sample[] {
    const number = this.#numbers.get(point);
    if (number === undefined) return [];
    const samples = to - from <= READINGS_SPAN_MS ? this.#readings(number, from, to) : this.#minutes(number, from, to);
    return thinSamples(samples, from, to, points);
  }

  /** The numbers of the first and the last batch with anything after `after`. */
  batchesSince(after: number): { readonly first: number; readonly last: number } {
    const row = this.#db.prepare('SELECT min(id) AS first, max(id) AS last FROM batches WHERE to_at > ?').get(after);
    return { first: Number(row?.first ?? 0), last: Number(row?.last ?? -1) };
  }

  /** Up to `limit` batches from number `first` to `last`, and the number to go on with. */
  batches(first: number, last: number, limit: number): { readonly batches: StoredBatch[]; readonly next: number } {
    const rows = this.#db
      .prepare('SELECT id, count, texts, packed FROM batches WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?')
      .all(first, last, limit);
    const next = rows.length < limit ? last + 1 : Number(rows.at(-1)?.id) + 1;
    return { batches: rows.map(batchOf), next };
  }

  /** Stores the minutes that are not over too: what comes later is added to them. */
  close(): void {
    this.#transaction(() => {
      for (const minute of this.#open.values()) this.#storeMinute(minute);
    });
    this.#open.clear();
    this.#db.close();
  }

  #transaction<T>(run: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = run();
      this.#db.exec('COMMIT');
      return result;
    } finally {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    }
  }

  #numberOf(key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    return Number(this.#db.prepare('INSERT INTO points (key) VALUES (?)').run(key).lastInsertRowid);
  }

  #addToMinutes({ buffer, texts }: StoredBatch, notBefore = Number.NEGATIVE_INFINITY): void {
    const columns = columnsOf(buffer);
    columns.point.forEach((point, index) => {
      const at = columns.at[index] ?? 0;
      // A late value is of another time than its `at`: among those of now it would be a false one.
      if (at < notBefore || isLateAt(columns, index)) return;
      const { value, quality } = valueAt(columns, texts, index);
      const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
      const state = typeof value === 'string' && quality === 'good' ? value : '';
      const key = `${point} ${minute} ${state}`;
      let row = this.#open.get(key);
      if (row === undefined) {
        row = newMinute(point, minute, state);
        this.#open.set(key, row);
      }
      addToMinute(row, value, quality, at);
    });
  }

  /** The minutes that were not over when the process was killed, from the readings themselves. */
  #refillMinutes(): void {
    const last = this.#db.prepare('SELECT max(minute) AS last FROM minutes').get()?.last;
    const from = typeof last === 'number' ? last + MINUTE_MS : Number.NEGATIVE_INFINITY;
    const rows = this.#db
      .prepare('SELECT count, texts, packed FROM batches WHERE to_at >= ? ORDER BY id')
      .iterate(from);
    for (const row of rows) this.#addToMinutes(batchOf(row), from);
  }

  #storeMinute(row: Minute): void {
    const { point, minute, state, count, good, badAt, min, minAt, max, maxAt, sum, energy } = row;
    this.#db
      .prepare(`INSERT INTO minutes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        count = count + excluded.count, good = good + excluded.good, badAt = coalesce(badAt, excluded.badAt),
        minAt = CASE WHEN min IS NULL OR excluded.min < min THEN coalesce(excluded.minAt, minAt) ELSE minAt END,
        maxAt = CASE WHEN max IS NULL OR excluded.max > max THEN coalesce(excluded.maxAt, maxAt) ELSE maxAt END,
        min = coalesce(min(min, excluded.min), min, excluded.min),
        max = coalesce(max(max, excluded.max), max, excluded.max),
        sum = sum + excluded.sum, energy = energy + excluded.energy`)
      .run(point, minute, state, count, good, badAt, min, minAt, max, maxAt, sum, energy);
  }

  #readings(point: number, from: number, to: number): Sample[] {
    const rows = this.#db
      .prepare('SELECT count, texts, packed FROM batches WHERE to_at >= ? AND from_at <= ? ORDER BY id')
      .iterate(from, to);
    const samples: Sample[] = [];
    for (const row of rows) {
      const { buffer, texts } = batchOf(row);
      const columns = columnsOf(buffer);
      for (let index = columns.point.indexOf(point); index !== -1; index = columns.point.indexOf(point, index + 1)) {
        const at = columns.at[index] ?? 0;
        if (at >= from && at <= to && !isLateAt(columns, index))
          samples.push({ at, ...valueAt(columns, texts, index), weight: 1 });
      }
    }
    return samples;
  }

  #minutes(point: number, from: number, to: number): Sample[] {
    const first = Math.floor(from / MINUTE_MS) * MINUTE_MS;
    const stored = this.#db
      .prepare('SELECT * FROM minutes WHERE point = ? AND minute BETWEEN ? AND ?')
      .all(point, first, to);
    const open = [...this.#open.values()].filter((row) => row.point === point);
    // The table's columns are those of Minute.
    return [...(stored as unknown as Minute[]), ...open].flatMap(samplesOf).filter(({ at }) => at >= from && at <= to);
  }

  #count(): StoreStatus {
    const row = this.#db.prepare('SELECT sum(count) AS readings, min(from_at) AS oldest FROM batches').get();
    const oldestAt = typeof row?.oldest === 'number' ? row.oldest : null;
    return { bytes: usedBytes(this.#db), readings: Number(row?.readings ?? 0), oldestAt };
  }

  /** Deletes the oldest, readings and minutes alike, where there are more days or bytes than may be. */
  #prune(now: number): void {
    const { maxBytes, maxDays } = this.#options;
    this.#cut(now - maxDays * DAY_MS);
    for (let cuts = 0; cuts < CUTS_A_WRITE && this.#status.bytes > maxBytes; cuts++) {
      // From the end of the oldest batch on, so that each cut takes one at least.
      const oldest = Number(this.#db.prepare('SELECT min(to_at) AS at FROM batches').get()?.at ?? now);
      this.#cut(oldest + Math.max((now - oldest) * CUT_SHARE, 1));
    }
  }

  #cut(before: number): void {
    if ((this.#status.oldestAt ?? before) >= before) return;
    this.#transaction(() => {
      this.#db.prepare('DELETE FROM batches WHERE to_at < ?').run(before);
      const minutes = this.#db.prepare('DELETE FROM minutes WHERE point = ? AND minute < ?');
      for (const number of this.#numbers.values()) minutes.run(number, before - MINUTE_MS);
    });
    this.#status = this.#count();
  }
}

function compress(buffer: ArrayBuffer): Uint8Array {
  const plain = new Uint8Array(buffer);
  const compressed = plain.length > COMPRESS_BYTES ? zstdCompressSync(plain) : plain;
  return compressed.length < plain.length ? compressed : plain;
}

/** A row's columns: compressed unless they are as long as they say. */
function batchOf(row: Record<string, unknown>): StoredBatch {
  // Written by `write`.
  const packed = row.packed as Uint8Array;
  const plain = packed.length === Number(row.count) * BYTES_A_READING ? packed : zstdDecompressSync(packed);
  // A buffer of its own: aligned for the columns, and no more than them when it is sent.
  return { buffer: new Uint8Array(plain).buffer, texts: JSON.parse(String(row.texts)) as string[] };
}
