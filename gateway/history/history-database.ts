import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault, textOf } from '#kit/fault.ts';

/** Every code that history's Faults carry. */
export const HISTORY_FAULTS = {
  diskFull: 'history-disk-full',
  database: 'history-database',
  /** Too much waits to be packed. */
  behind: 'history-behind',
  missing: 'history-missing',
} as const;

/** `user_version` of the file. */
const SCHEMA_VERSION = 2;
/**
 * Chunks and minutes are keyed by segment and point (`rowOf`), so that they are written in one go, one after the other;
 * hours and days by point and span, so that a year of one point lies together, in few rows.
 */
const SCHEMA = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE points (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, noise INTEGER NOT NULL);
  CREATE TABLE segments (id INTEGER PRIMARY KEY, count INTEGER NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL,
    chunk_bytes INTEGER NOT NULL, minute_bytes INTEGER NOT NULL);
  CREATE TABLE chunks (row INTEGER PRIMARY KEY, packed BLOB NOT NULL);
  CREATE TABLE minutes (row INTEGER PRIMARY KEY, packed BLOB NOT NULL);
  CREATE TABLE hours (point INTEGER NOT NULL, span INTEGER NOT NULL, days BLOB NOT NULL, hours BLOB NOT NULL,
    PRIMARY KEY (point, span)) WITHOUT ROWID;
  PRAGMA user_version=${SCHEMA_VERSION};
`;
export const PAGE_BYTES = 4096;
/** The hours of one row: so many that they fill about half a page. */
export const HOURS_SPAN_MS = 8 * 86_400_000;
/** A reader of another process holds a lock for a few milliseconds at a time. */
const BUSY_MS = 2000;
/** SQLite's primary result codes (https://sqlite.org/rescode.html). */
const READ_ONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;

/** Points of one segment: numbers stay below this. */
export const MOST_POINTS = 2 ** 20;

/** The key of a point's chunk in a segment; point 0 is the order of all. */
export const rowOf = (segment: number, point: number): number => segment * MOST_POINTS + point;

export interface Opened {
  readonly db: DatabaseSync;
  /** What had to be set aside, for a log line. */
  readonly setAside: string | null;
}

/**
 * Opens history's database, making it when it is not there. It is written seldom and much at a time, so it has a rollback
 * journal with `synchronous=FULL`: what is appended is written once, a commit is on disk, and other processes may read.
 * Not mapped, so that a failing disk is an error and not the end of the process. A damaged one is put aside as
 * `history-damaged.db`, one of another version as `history-old.db`, and a new one begun.
 */
export function openHistoryDatabase(path: string): Opened {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    const db = open(path);
    if (db !== undefined) return { db, setAside: null };
    return { ...anew(path, 'history-old.db') };
  } catch (error) {
    if (![CORRUPT, NOT_A_DATABASE].includes(resultOf(error) ?? 0)) throw error;
    return { ...anew(path, 'history-damaged.db') };
  }
}

function anew(path: string, name: string): Opened {
  const setAside = `${dirname(path)}/${name}`;
  for (const end of ['-wal', '-shm', '-journal']) rmSync(`${path}${end}`, { force: true });
  renameSync(path, setAside);
  const db = open(path);
  if (db === undefined) throw new Fault(HISTORY_FAULTS.database, `${path} cannot be made`);
  return { db, setAside };
}

/** Undefined where the file is of another version. */
function open(path: string): DatabaseSync | undefined {
  closeSync(openSync(path, 'a', 0o600));
  const db = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
    const isEmpty = db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
    if (!isEmpty && version !== SCHEMA_VERSION) {
      db.close();
      return undefined;
    }
    db.exec('PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL; PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF');
    if (isEmpty) db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
    return db;
  } catch (error) {
    if (db.isOpen) db.close();
    throw error;
  }
}

/** Opens it to be read, also while a gateway writes it. Throws the Fault `history-missing` where there is none. */
export function openRecorded(path: string): DatabaseSync {
  if (!existsSync(path)) throw new Fault(HISTORY_FAULTS.missing, `there is no history at ${path}`);
  let db: DatabaseSync | undefined;
  try {
    db = read(path, true);
    const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
    if (version === SCHEMA_VERSION) return db;
  } catch (error) {
    db?.close();
    throw historyFault(error, path);
  }
  db.close();
  throw new Fault(HISTORY_FAULTS.database, `${path} is of another version of Gengfu`);
}

/** A transaction that a power cut broke off is undone first, which takes the right to write. */
function read(path: string, isReadOnly: boolean): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: isReadOnly, timeout: BUSY_MS });
  try {
    db.prepare('SELECT 1 FROM sqlite_schema').get();
    return db;
  } catch (error) {
    db.close();
    if (isReadOnly && resultOf(error) === READ_ONLY) return read(path, false);
    throw error;
  }
}

/** Runs in one transaction; what it throws undoes all of it. */
export function inTransaction<T>(db: DatabaseSync, run: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = run();
    db.exec('COMMIT');
    return result;
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK');
  }
}

/** Bytes in use; pages that were freed are used again before the file grows. */
export function usedBytes(db: DatabaseSync): number {
  const pages = Number(db.prepare('PRAGMA page_count').get()?.page_count ?? 0);
  const free = Number(db.prepare('PRAGMA freelist_count').get()?.freelist_count ?? 0);
  return (pages - free) * PAGE_BYTES;
}

/** Throws the Fault `history-disk-full` where less is free than has to be left for the ledger. */
export function checkRoom(path: string, keepFreeBytes: number): void {
  const { bavail, bsize } = statfsSync(dirname(path));
  const free = bavail * bsize;
  if (free >= keepFreeBytes) return;
  const text = `${path}: only ${Math.floor(free / 1024)} KB are free, which are left for the ledger`;
  throw new Fault(HISTORY_FAULTS.diskFull, text, { hint: 'free space on its disk' });
}

/** Anything thrown, as a Fault that a person can understand. */
export function historyFault(error: unknown, path: string): Fault {
  if (error instanceof Fault) return error;
  if (resultOf(error) === FULL || isNoSpace(error)) {
    return new Fault(HISTORY_FAULTS.diskFull, `${path}: the disk is full`, {
      cause: error,
      hint: 'free space on its disk',
    });
  }
  return new Fault(HISTORY_FAULTS.database, `${path}: ${textOf(error)}`, { cause: error });
}

const isNoSpace = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');

function resultOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}
