import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Fault, textOf } from '#kit/fault.ts';
import { type Aggregate, DAY_MS } from './aggregate.ts';
import { BackgroundWork } from './background-work.ts';
import { columnsOf, type Packed } from './columns.ts';
import { type PackedSegment, packFrames } from './compaction.ts';
import { type FoldState, fold, isFoldDue, NOTHING_FOLDED } from './fold.ts';
import type { Place } from './history.ts';
import {
  checkRoom,
  HISTORY_FAULTS,
  inTransaction,
  MOST_POINTS,
  openHistoryDatabase,
  PAGE_BYTES,
  rowOf,
  usedBytes,
} from './history-database.ts';
import { isMark } from './mark.ts';
import { type Asked, type Page, Pages } from './pages.ts';
import { journalPath, type KeptPoint, Pending, segmentOfFile } from './pending.ts';
import { Recorded, type Segment } from './recorded.ts';
import { HOUR_SHARE, prune } from './retention.ts';
import { type Sample, thinSamples } from './sample.ts';
import { aggregatesOf, freshMinutes, type SlotMs, samplesAcross, type Whole } from './whole.ts';

export interface HistoryStoreOptions {
  readonly path: string;
  readonly maxBytes: number;
  /** Days that readings are kept. */
  readonly maxDays: number;
  /** Days that minutes and hours are kept. */
  readonly aggregateDays: number;
  readonly keepFreeBytes: number;
  /** Readings of one segment, and how long it lasts, at most. */
  readonly segmentReadings: number;
  readonly segmentMs: number;
}

export interface StoreStatus {
  readonly bytes: number;
  readonly readings: number;
  readonly oldestAt: number | null;
  /** Bytes given to the disk since the start. */
  readonly written: number;
  /** Why journals are not packed. */
  readonly problem: string | null;
  /** The file that was set aside at the start. */
  readonly setAside: string | null;
}

/** Journals that wait to be packed; beyond them nothing more is taken. */
const MOST_PENDING = 8;
/** What a power cut may take. */
const SYNC_MS = 10_000;
const RETRY_MS = 30_000;
const NOTE = 'note:';
/** The newest time that is believed is one that so many segments have reached: a wrong clock must not age all that is kept. */
const BELIEVED_SEGMENTS = 24;
/** What of the days goes when hours have outgrown their share. */
const CUT_SHARE = 0.05;

/** History's database and its journals, as their thread sees them. */
export class HistoryStore {
  readonly #options: HistoryStoreOptions;
  readonly #dir: string;
  readonly #db: DatabaseSync;
  readonly #recorded: Recorded;
  readonly #setAside: string | null;
  readonly #numbers = new Map<string, number>();
  readonly #points = new Map<number, KeptPoint>();
  readonly #notes: Map<string, string>;
  readonly #pages = new Pages(() => this.#whole, this.#points);
  #lastNumber = 0;
  #segments: Segment[];
  /** Journals in their order; the last one is written to. */
  readonly #pending: Pending[] = [];
  #fold: FoldState;
  #databaseBytes: number;
  #written = 0;
  #syncedAt = Number.NEGATIVE_INFINITY;
  #isUnsynced = false;
  readonly #packing = new BackgroundWork(RETRY_MS, () => this.#packNext());
  readonly #folding = new BackgroundWork(RETRY_MS, () => this.#foldNext());

  constructor(options: HistoryStoreOptions) {
    this.#options = options;
    this.#dir = dirname(options.path);
    const { db, setAside } = openHistoryDatabase(options.path);
    this.#db = db;
    this.#setAside = setAside;
    this.#recorded = new Recorded(db);
    for (const [number, point] of this.#recorded.points()) this.#name(number, point);
    this.#notes = new Map(this.#recorded.metas(NOTE).map(([name, value]) => [name.slice(NOTE.length), value]));
    this.#segments = this.#recorded.segments();
    const folded = this.#recorded.meta('fold');
    // Stored by `fold`.
    this.#fold = folded === undefined ? NOTHING_FOLDED : (JSON.parse(folded) as FoldState);
    this.#databaseBytes = usedBytes(db);
    this.#loadJournals();
  }

  get status(): StoreStatus {
    const problem = this.#packing.fault ?? this.#folding.fault;
    let [oldest, readings] = [Number.POSITIVE_INFINITY, 0];
    for (const { fromAt, count } of [...this.#segments.filter(({ chunkBytes }) => chunkBytes > 0), ...this.#pending]) {
      oldest = Math.min(oldest, fromAt);
      readings += count;
    }
    return {
      bytes: this.#databaseBytes + this.#journalBytes,
      readings,
      oldestAt: Number.isFinite(oldest) ? oldest : null,
      written: this.#written,
      problem: problem === undefined ? null : textOf(problem),
      setAside: this.#setAside,
    };
  }

  /** Stores a batch in the journal. */
  write(packed: Packed): StoreStatus {
    const { path, keepFreeBytes } = this.#options;
    checkRoom(path, keepFreeBytes);
    const numbers = packed.points.map((key, i) => this.#numberOf(key, packed.noise[i] === true));
    const { point } = columnsOf(packed.buffer);
    point.forEach((index, i) => {
      point[i] = numbers[index] ?? 0;
    });
    this.#append((open) => open.add(packed, (number) => this.#pointOf(number)));
    this.#sync(false);
    this.#pages.forget(false);
    return this.status;
  }

  /** Stores a note, such as how far one who reads has come. */
  note(name: string, value: string): void {
    this.#append((open) => open.note(name, value));
    this.#notes.set(name, value);
  }

  noted(name: string): string | null {
    return this.#notes.get(name) ?? null;
  }

  /** Packs and folds a little; true while there is more to do. */
  work(): boolean {
    return this.#packing.step() || this.#folding.step();
  }

  series(point: string, from: number, to: number, points: number): Sample[] {
    const number = this.#numbers.get(point);
    return number === undefined ? [] : thinSamples(samplesAcross(this.#whole, number, from, to), from, to, points);
  }

  /** Rows of slots that begin in [from, to), of the points named or of all. */
  aggregates(slotMs: SlotMs, from: number, to: number, points?: ReadonlySet<string>): [string, Aggregate[]][] {
    const wanted = [...this.#numbers].filter(([key]) => !isMark(key) && (points === undefined || points.has(key)));
    const isWithin = ({ fromAt, toAt }: { readonly fromAt: number; readonly toAt: number }) =>
      toAt >= from - slotMs && fromAt < to + slotMs;
    const { segments, pending, ...rest } = this.#whole;
    const whole = { ...rest, segments: segments.filter(isWithin), pending };
    const fresh = freshMinutes(pending, (point) => this.#pointOf(point).isNoise, from - slotMs, to + slotMs);
    return wanted
      .map(([key, number]): [string, Aggregate[]] => [
        key,
        aggregatesOf(whole, number, slotMs, from, to - 1, fresh.get(number) ?? []),
      ])
      .filter(([, rows]) => rows.length > 0);
  }

  page(place: Place, asked: Asked): Page {
    return this.#pages.page(place, asked);
  }

  /** The place after all that is kept. */
  end(): Place {
    const last = this.#pending.at(-1);
    return last === undefined
      ? { segment: this.#nextSegment(), index: 0 }
      : { segment: last.segment, index: last.count };
  }

  countFrom(place: Place): number {
    return this.#pages.countFrom(place);
  }

  close(): void {
    this.#sync(true);
    for (const pending of this.#pending) pending.close();
    this.#db.close();
  }

  get #whole(): Whole {
    return { recorded: this.#recorded, segments: this.#segments, pending: this.#pending, fold: this.#fold };
  }

  get #journalBytes(): number {
    return this.#pending.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #pointOf(number: number): KeptPoint {
    return this.#points.get(number) ?? { key: '', isNoise: false };
  }

  #name(number: number, point: KeptPoint): void {
    this.#numbers.set(point.key, number);
    this.#points.set(number, point);
    this.#lastNumber = Math.max(this.#lastNumber, number);
  }

  /** Its number: stored in each journal that has it, and in the database with the first segment that has it. */
  #numberOf(key: string, isNoise: boolean): number {
    const known = this.#numbers.get(key);
    if (known !== undefined && this.#pointOf(known).isNoise === isNoise) return known;
    const number = known ?? this.#lastNumber + 1;
    if (number >= MOST_POINTS) throw new Fault(HISTORY_FAULTS.database, `more than ${MOST_POINTS - 1} points`);
    this.#name(number, { key, isNoise });
    return number;
  }

  #nextSegment(): number {
    return Math.max(this.#recorded.lastSegment, this.#pending.at(-1)?.segment ?? 0) + 1;
  }

  #isFull({ count, lastsMs, isRenumbered }: Pending): boolean {
    return count >= this.#options.segmentReadings || lastsMs >= this.#options.segmentMs || isRenumbered;
  }

  #begin(): Pending {
    this.#sync(true);
    const opened = Pending.create(this.#dir, this.#nextSegment());
    this.#pending.push(opened);
    return opened;
  }

  /** To the journal that is written to, a new one where that is full. */
  #append(write: (open: Pending) => void): void {
    const last = this.#pending.at(-1);
    const isFull = last === undefined || this.#isFull(last);
    if (isFull && this.#pending.length >= MOST_PENDING) {
      const why = this.#packing.fault === undefined ? 'the disk is too slow' : textOf(this.#packing.fault);
      throw new Fault(HISTORY_FAULTS.behind, `${this.#pending.length} journals wait to be packed: ${why}`);
    }
    const open = isFull ? this.#begin() : last;
    const before = open.bytes;
    write(open);
    this.#written += open.bytes - before;
    this.#isUnsynced = true;
  }

  #sync(isNow: boolean): void {
    const now = performance.now();
    if (!this.#isUnsynced || (!isNow && now - this.#syncedAt < SYNC_MS)) return;
    this.#syncedAt = now;
    this.#pending.at(-1)?.sync();
    this.#isUnsynced = false;
    // The page that was not full is written again with what follows.
    this.#written += PAGE_BYTES;
  }

  #loadJournals(): void {
    const packed = this.#recorded.lastSegment;
    mkdirSync(this.#dir, { recursive: true });
    const found = readdirSync(this.#dir).flatMap((name) => segmentOfFile(name) ?? []);
    for (const segment of found.sort((a, b) => a - b)) {
      if (segment <= packed) {
        // Killed between the commit of its segment and its own end.
        rmSync(journalPath(this.#dir, segment), { force: true });
        continue;
      }
      const note = (name: string, value: string) => void this.#notes.set(name, value);
      const loaded = Pending.load(this.#dir, segment, (...point) => this.#numberOf(...point), note);
      if (loaded !== undefined) this.#pending.push(loaded);
    }
  }

  #packNext(): Generator<void, void> | undefined {
    const first = this.#pending[0];
    if (first === undefined || (this.#pending.length === 1 && !this.#isFull(first))) return undefined;
    return this.#pack(first);
  }

  *#pack(pending: Pending): Generator<void, void> {
    const described = {
      isNoise: (point: number) => this.#pointOf(point).isNoise,
      hasMinutes: (point: number) => !isMark(this.#pointOf(point).key),
    };
    // Nothing is added to it from here on.
    if (pending === this.#pending.at(-1)) this.#begin();
    const packed = yield* packFrames(pending.frames, pending.count, described);
    yield;
    const segment = this.#store(pending, packed);
    if (segment !== undefined) this.#segments.push(segment);
    this.#pending.shift();
    this.#pages.forget(true);
    pending.remove();
    this.#databaseBytes = usedBytes(this.#db);
    yield;
    this.#prune();
  }

  /** In one transaction: what is packed, and that it is. */
  #store({ segment: id, count, fromAt, toAt }: Pending, { order, points }: PackedSegment): Segment | undefined {
    const db = this.#db;
    const chunkBytes = points.reduce((sum, { chunk }) => sum + chunk.length, order.length);
    const minuteBytes = points.reduce((sum, { minutes }) => sum + (minutes?.length ?? 0), 0);
    this.#written += chunkBytes + minuteBytes + 4 * PAGE_BYTES;
    return inTransaction(db, () => {
      const meta = db.prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)');
      meta.run('last-segment', String(id));
      for (const [name, value] of this.#notes) meta.run(NOTE + name, value);
      if (count === 0) return undefined;
      const point = db.prepare(`INSERT INTO points (number, key, noise) VALUES (?, ?, ?)
         ON CONFLICT (number) DO UPDATE SET noise = excluded.noise WHERE noise <> excluded.noise`);
      const chunkRow = db.prepare('INSERT INTO chunks (row, packed) VALUES (?, ?)');
      const minuteRow = db.prepare('INSERT INTO minutes (row, packed) VALUES (?, ?)');
      chunkRow.run(rowOf(id, 0), order);
      for (const each of points) {
        const { key, isNoise } = this.#pointOf(each.point);
        point.run(each.point, key, Number(isNoise));
        chunkRow.run(rowOf(id, each.point), each.chunk);
      }
      for (const each of points) if (each.minutes !== null) minuteRow.run(rowOf(id, each.point), each.minutes);
      db.prepare(
        'INSERT INTO segments (id, count, from_at, to_at, chunk_bytes, minute_bytes) VALUES (?, ?, ?, ?, ?, ?)',
      ).run(id, count, fromAt, toAt, chunkBytes, minuteBytes);
      return { id, count, fromAt, toAt, chunkBytes, minuteBytes };
    });
  }

  get #believedNow(): number {
    return Math.min(...this.#segments.slice(-BELIEVED_SEGMENTS).map(({ toAt }) => toAt));
  }

  #prune(): void {
    const { maxBytes, maxDays, aggregateDays } = this.#options;
    const bounds = {
      maxBytes: maxBytes - this.#journalBytes,
      keepReadingsFrom: this.#believedNow - maxDays * DAY_MS,
      keepMinutesFrom: this.#believedNow - aggregateDays * DAY_MS,
      foldedTo: this.#fold.done,
    };
    this.#segments = prune(this.#db, this.#segments, bounds);
    this.#databaseBytes = usedBytes(this.#db);
  }

  #foldNext(): Generator<void, void> | undefined {
    const { done, to } = this.#fold;
    const isUnderWay = to > done;
    const unfolded = this.#segments.filter(({ id }) => id > done && (!isUnderWay || id <= to));
    const last = unfolded.at(-1);
    if (last === undefined || (!isUnderWay && !isFoldDue(unfolded))) return undefined;
    const numbers = [...this.#points].filter(([, { key }]) => !isMark(key)).map(([number]) => number);
    return fold(isUnderWay ? this.#fold : { ...this.#fold, to: last.id, point: 0 }, {
      db: this.#db,
      recorded: this.#recorded,
      segments: unfolded,
      points: numbers.sort((a, b) => a - b),
      keepFromDay: this.#keepHoursFrom(),
      stepped: (state) => {
        this.#fold = state;
        this.#databaseBytes = usedBytes(this.#db);
      },
    });
  }

  /** The first day of which hours are kept. */
  #keepHoursFrom(): number {
    const today = Math.floor(this.#believedNow / DAY_MS);
    const { fromDay, bytes } = this.#fold;
    const first = fromDay ?? today - 1;
    const isOver = bytes > HOUR_SHARE * this.#options.maxBytes;
    const cut = isOver ? first + Math.ceil((today - first) * CUT_SHARE) : first;
    return Math.max(cut, today - this.#options.aggregateDays);
  }
}
