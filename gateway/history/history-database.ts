import { closeSync, mkdirSync, openSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault, textOf } from '#kit/fault.ts';

/** Every code that history's Faults carry. */
export const HISTORY_FAULTS = {
  diskFull: 'history-disk-full',
  database: 'history-database',
} as const;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS points (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
  CREATE TABLE IF NOT EXISTS batches (id INTEGER PRIMARY KEY, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL,
    count INTEGER NOT NULL, texts TEXT NOT NULL, packed BLOB NOT NULL);
  CREATE INDEX IF NOT EXISTS batches_at ON batches (to_at, from_at, count);
  CREATE TABLE IF NOT EXISTS minutes (point INTEGER NOT NULL, minute INTEGER NOT NULL, state TEXT NOT NULL,
    count INTEGER NOT NULL, good INTEGER NOT NULL, badAt INTEGER, min REAL, minAt INTEGER, max REAL, maxAt INTEGER,
    sum REAL NOT NULL, energy REAL, PRIMARY KEY (point, minute, state)) WITHOUT ROWID;
`;
const JOURNAL_BYTES = 4 * 1024 * 1024;
const PAGE_BYTES = 4096;
/** SQLite's primary result codes (https://sqlite.org/rescode.html). */
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;

/**
 * Opens history's database, making it when it is not there: WAL with `synchronous=NORMAL` (a power cut may take the
 * last commits, kill -9 takes none), exclusive, so that no file is mapped that a failing disk could kill the process by.
 * A damaged one is put aside as `history-damaged.db` and a new one begun.
 */
export function openHistoryDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    return open(path);
  } catch (error) {
    if (![CORRUPT, NOT_A_DATABASE].includes(resultOf(error) ?? 0)) throw error;
    for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
    renameSync(path, path.replace(/\.db$/, '-damaged.db'));
    return open(path);
  }
}

function open(path: string): DatabaseSync {
  closeSync(openSync(path, 'a', 0o600));
  const db = new DatabaseSync(path, { timeout: 1000 });
  try {
    db.exec(`PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
             PRAGMA journal_size_limit=${JOURNAL_BYTES}; PRAGMA trusted_schema=OFF; ${SCHEMA}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
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
  if (resultOf(error) === FULL) {
    return new Fault(HISTORY_FAULTS.diskFull, `${path}: the disk is full`, {
      cause: error,
      hint: 'free space on its disk',
    });
  }
  return new Fault(HISTORY_FAULTS.database, `${path}: ${textOf(error)}`, { cause: error });
}

function resultOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}
