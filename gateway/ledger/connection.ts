import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '#kit/fault.ts';
import { LEDGER_FAULTS } from './faults.ts';
import { openReadOnly, refusalOf } from './read-only.ts';
import { LOG_BYTES } from './reserve-log.ts';

export interface ConnectionOptions {
  readonly path: string;
  readonly gateway: string;
  /** Bytes that the database may grow to. */
  readonly maxBytes: number;
}

const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE entries (sequence INTEGER PRIMARY KEY, json TEXT NOT NULL);
  CREATE TABLE alarms (id TEXT PRIMARY KEY, key TEXT NOT NULL, open INTEGER NOT NULL, at INTEGER NOT NULL,
                       state TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX alarms_at ON alarms (open, at);
  CREATE TABLE rules (key TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE cursors (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE accounts (name TEXT PRIMARY KEY, role TEXT NOT NULL, password_hash TEXT NOT NULL,
                         created_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE sessions (id TEXT PRIMARY KEY, account TEXT NOT NULL, role TEXT NOT NULL,
                         expires_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE invitations (id TEXT PRIMARY KEY, role TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE audit (sequence INTEGER PRIMARY KEY, json TEXT NOT NULL);
`;

/** Tables that a ledger of an earlier version of the same schema may not have yet. */
const ADDED = 'CREATE TABLE IF NOT EXISTS permits (id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;';

/** Pages of 4096 bytes, SQLite's own size. */
const PAGE_BYTES = 4096;

/**
 * Opens the ledger's database for writing: WAL with `synchronous=FULL`, so that a commit that returned is on disk.
 * On a disk that is read-only it can be read, and every write fails.
 * Exclusive, which keeps the index of the log in memory (https://sqlite.org/wal.html#noshm): in a mapped file, a disk
 * that fails or turns read-only would not be an error but a SIGBUS that takes the whole gateway with it.
 * A new one is made only where `create` says so: a ledger that has vanished must not begin again at 1 in silence.
 */
export function openConnection(options: ConnectionOptions, create: boolean): DatabaseSync {
  const { path, gateway } = options;
  const isNew = !existsSync(path);
  if (isNew) {
    if (!create) {
      throw new Fault(LEDGER_FAULTS.missing, `${path} is gone`, {
        hint: 'put the file back, or the disk that holds it; the gateway goes on from there by itself',
      });
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
  }
  const canWrite = refusalOf(path) === undefined;
  const db = canWrite ? new DatabaseSync(path, { timeout: 5000 }) : openReadOnly(path);
  try {
    if (canWrite) prepare(db, options, create);
    checkMeta(db, path, gateway);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepare(db: DatabaseSync, { path, gateway, maxBytes }: ConnectionOptions, create: boolean): void {
  db.exec(`PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
              PRAGMA journal_size_limit=${LOG_BYTES};
             PRAGMA max_page_count=${Math.ceil(maxBytes / PAGE_BYTES)}; PRAGMA trusted_schema=OFF;`);
  if (isEmpty(db)) {
    if (!create) throw new Fault(LEDGER_FAULTS.replaced, `${path} is empty`, { hint: 'put the ledger’s file back' });
    db.exec(`BEGIN IMMEDIATE; ${SCHEMA}`);
    const meta = db.prepare('INSERT INTO meta (name, value) VALUES (?, ?)');
    meta.run('schema', String(SCHEMA_VERSION));
    meta.run('gateway', gateway);
    db.exec('COMMIT');
    syncDirectory(dirname(path));
  }
  db.exec(ADDED);
}

/** A row of `meta`, or undefined. */
export const metaOf = (db: DatabaseSync, name: string): string | undefined => {
  const value = db.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.value;
  return typeof value === 'string' ? value : undefined;
};

const isEmpty = (db: DatabaseSync): boolean =>
  db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() === undefined;

function checkMeta(db: DatabaseSync, path: string, gateway: string): void {
  const schema = Number(metaOf(db, 'schema'));
  if (schema > SCHEMA_VERSION) {
    throw new Fault(LEDGER_FAULTS.newer, `${path} was written by a newer Gengfu (schema ${schema})`, {
      hint: `this one knows schema ${SCHEMA_VERSION}: install the newer one again`,
    });
  }
  const owner = metaOf(db, 'gateway');
  if (owner !== gateway) {
    throw new Fault(LEDGER_FAULTS.otherGateway, `${path} is the ledger of gateway ${owner}, not of ${gateway}`, {
      hint: 'name a directory of its own with --data, or give the site its former gateway id again',
    });
  }
}

/** Makes a new file's name durable, which syncing the file itself does not (fsync(2)). */
function syncDirectory(dir: string): void {
  const handle = openSync(dir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
