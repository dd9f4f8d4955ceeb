import { closeSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault, textOf } from '#kit/fault.ts';
import type { Row, RowChange } from './row.ts';

const SCHEMA_VERSION = 1;
/** Pages of 4096 bytes, SQLite's own size. */
const PAGE_BYTES = 4096;
const JOURNAL_BYTES = 1024 * 1024;
/** SQLITE_CORRUPT and SQLITE_NOTADB (https://sqlite.org/rescode.html). */
const UNREADABLE: readonly unknown[] = [11, 26];

export interface SessionStoreOptions {
  readonly path: string;
  /** Bytes that the file may grow to: a write beyond them fails. */
  readonly maxBytes: number;
}

/** Rows in a database, as its thread sees it. A file that is no database is set aside as `…unreadable`, the last one only. */
export class SessionStore {
  /** Why the file that was there could not be used. */
  readonly setAside: string | undefined;
  readonly #db: DatabaseSync;

  constructor(options: SessionStoreOptions) {
    const { path } = options;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
    try {
      this.#db = openDatabase(options);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.setAside = textOf(error);
      renameSync(path, `${path}.unreadable`);
      for (const companion of ['-wal', '-shm']) rmSync(path + companion, { force: true });
      this.#db = openDatabase(options);
    }
  }

  /** In the order of their keys. */
  rows(): Row[] {
    const found = this.#db
      .prepare('SELECT part, owner, name, json, payload FROM rows ORDER BY part, owner, name')
      .all();
    // The table's own columns.
    return found as unknown as Row[];
  }

  /** All of the changes or none. */
  write(changes: readonly RowChange[]): void {
    this.#transaction(() => this.#apply(changes));
  }

  /** In place of all that is there. */
  replace(rows: readonly RowChange[]): void {
    this.#transaction(() => {
      this.#db.exec('DELETE FROM rows');
      this.#apply(rows);
    });
  }

  close(): void {
    this.#db.close();
  }

  #apply(changes: readonly RowChange[]): void {
    const put = this.#db.prepare(
      'INSERT OR REPLACE INTO rows (part, owner, name, json, payload) VALUES (?, ?, ?, ?, ?)',
    );
    const remove = this.#db.prepare('DELETE FROM rows WHERE part = ? AND owner = ? AND name = ?');
    for (const change of changes) {
      const { part, owner, name } = change;
      if (change.json === null) remove.run(part, owner, name);
      else put.run(part, owner, name, change.json, change.payload);
    }
  }

  #transaction(run: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      run();
      this.#db.exec('COMMIT');
    } finally {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    }
  }
}

/** NORMAL: at a power cut the last commits may be missing, never a part of one; at `kill -9` none are. */
function openDatabase({ path, maxBytes }: SessionStoreOptions): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5000 });
  try {
    db.exec(`PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
             PRAGMA journal_size_limit=${JOURNAL_BYTES}; PRAGMA max_page_count=${Math.ceil(maxBytes / PAGE_BYTES)};
             PRAGMA trusted_schema=OFF;`);
    const flaw = db.prepare('PRAGMA quick_check(1)').get()?.quick_check;
    if (flaw !== 'ok') throw Object.assign(new Error(String(flaw)), { errcode: UNREADABLE[0] });
    const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
    if (version > SCHEMA_VERSION) {
      throw new Fault('newer', `${path} was written by a newer Gengfu (schema ${version})`, {
        hint: `this one knows schema ${SCHEMA_VERSION}: install the newer one again, or remove the file`,
      });
    }
    db.exec(`CREATE TABLE IF NOT EXISTS rows (part TEXT, owner TEXT, name, json TEXT NOT NULL, payload,
                                              PRIMARY KEY (part, owner, name)) WITHOUT ROWID;
             PRAGMA user_version=${SCHEMA_VERSION};`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

const isUnreadable = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && UNREADABLE.includes(error.errcode);
