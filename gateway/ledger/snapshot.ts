import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { Fault } from '#kit/fault.ts';
import { databaseFault, LEDGER_FAULTS } from './faults.ts';
import { openReadOnly } from './read-only.ts';

/** How often a read is begun anew because the ledger was being reordered under it. */
const ATTEMPTS = 50;
/** A file's times are no finer than a tick of the kernel: what changed within this may have changed since. */
const TICK_MS = 20;
const WAL_HEADER_BYTES = 32;

/**
 * Reads a ledger that another process may hold and write, or a copy on a disk that cannot be written. It takes no lock
 * and makes no file. What is read stays as it stood when the file was opened for as long as only the write-ahead log
 * grows; when the log is carried over to the database, the read is done anew. Made for the ledger, whose entries
 * never change. Not for the process that holds the ledger: closing a file there lets go of its locks (fcntl(2)).
 */
export class Snapshot implements Disposable {
  readonly #path: string;
  #db: DatabaseSync | undefined;
  #stamp = '';

  constructor(path: string) {
    if (!existsSync(path)) throw new Fault(LEDGER_FAULTS.missing, `there is no ledger at ${path}`);
    this.#path = path;
  }

  /** What `read` gives of one moment. Rejects with a Fault where the database cannot be read. */
  async read<T>(read: (db: DatabaseSync) => T): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      if (this.#db === undefined || this.#stamp !== stampOf(this.#path)) await this.#open();
      let outcome: { readonly value: T } | { readonly error: unknown };
      try {
        if (this.#db === undefined) throw new Error('not open');
        outcome = { value: read(this.#db) };
      } catch (error) {
        outcome = { error };
      }
      if (this.#stamp !== stampOf(this.#path) && attempt < ATTEMPTS) continue;
      if ('error' in outcome) throw databaseFault(outcome.error, this.#path);
      return outcome.value;
    }
  }

  [Symbol.dispose](): void {
    this.#db?.close();
  }

  async #open(): Promise<void> {
    this.#db?.close();
    this.#db = undefined;
    while (Date.now() - changedAt(this.#path) < TICK_MS) await wait(TICK_MS);
    this.#stamp = stampOf(this.#path);
    try {
      this.#db = openReadOnly(this.#path);
    } catch (error) {
      throw databaseFault(error, this.#path);
    }
  }
}

const changedAt = (path: string): number => statSync(path).mtimeMs;

/** Changes whenever the database itself does, or the log begins anew (its salts); not when the log grows. */
function stampOf(path: string): string {
  const { ino, size, mtimeNs } = statSync(path, { bigint: true });
  return `${ino} ${size} ${mtimeNs} ${walHeader(`${path}-wal`)}`;
}

function walHeader(path: string): string {
  if (!existsSync(path)) return '';
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(WAL_HEADER_BYTES);
    return header.toString('hex', 0, readSync(file, header));
  } finally {
    closeSync(file);
  }
}
