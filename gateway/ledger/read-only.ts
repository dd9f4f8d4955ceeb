import { accessSync, constants, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/** Why a file cannot be written, or undefined when it can. */
export function refusalOf(path: string): unknown {
  try {
    accessSync(path, constants.W_OK);
    return undefined;
  } catch (error) {
    return error;
  }
}

/**
 * Opens a database in WAL mode to be read, without a lock and without making a file, which SQLite by itself would want
 * to (https://sqlite.org/wal.html#readonly). With a write-ahead log: by a VFS that has no locks and no mapped index,
 * exclusive, so that the index is in memory. Without one: as a file that nobody changes.
 */
export function openReadOnly(path: string): DatabaseSync {
  const hasLog = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
  const url = new URL(`${pathToFileURL(path).href}?${hasLog ? 'vfs=unix-none' : 'immutable=1'}`);
  const db = new DatabaseSync(url, { readOnly: true });
  db.exec('PRAGMA locking_mode=EXCLUSIVE');
  return db;
}
