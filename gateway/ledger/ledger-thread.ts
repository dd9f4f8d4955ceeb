import { workerData } from 'node:worker_threads';
import { serveThread } from '#kit/thread.ts';
import { accountReads } from './account-store.ts';
import type { ConnectionOptions } from './connection.ts';
import type { Head } from './entry.ts';
import { databaseFault } from './faults.ts';
import type { Committed, Group } from './group.ts';
import type { Entry } from './ledger.ts';
import { Store } from './store.ts';

/** What the ledger's thread answers. States come as the JSON that they were stored as. */
export type LedgerCalls = {
  /** Makes the ledger if there is none. Every other call expects it. */
  open(): { readonly head: Head; readonly bytes: number; readonly cursors: Readonly<Record<string, number>> };
  commit(group: Group): Committed;
  read(after: number, limit: number): Entry[];
  latest(limit: number, before: number): Entry[];
  closedAlarms(limit: number): string[];
  restore(): { readonly alarms: string[]; readonly rules: (readonly [key: string, state: string])[] };
  permits(): string[];
  account(name: keyof ReturnType<typeof accountReads>, args: readonly unknown[]): unknown;
  close(): void;
};

// Given by open-ledger.ts.
const options = workerData as ConnectionOptions;
let store: Store | undefined;

/** A thread that was started again finds the ledger there; only the first call of a process may make it. */
function ledger(): Store {
  store ??= new Store(options, false);
  return store;
}

function rows<T>(sql: string, ...values: number[]): T[] {
  try {
    // The statements below name the columns of T.
    return ledger()
      .db.prepare(sql)
      .all(...values) as unknown as T[];
  } catch (error) {
    throw databaseFault(error, options.path);
  }
}

serveThread<LedgerCalls>({
  open() {
    store ??= new Store(options, true);
    const cursors = rows<{ name: string; sequence: number }>('SELECT name, sequence FROM cursors');
    const positions = Object.fromEntries(cursors.map(({ name, sequence }) => [name, sequence]));
    return { head: store.head, bytes: store.bytes, cursors: positions };
  },
  commit(group) {
    const done = ledger().commit(group);
    // After the answer.
    setImmediate(() => store?.tidy());
    return done;
  },
  read: (after, limit) =>
    rows('SELECT sequence, json FROM entries WHERE sequence > ? ORDER BY sequence LIMIT ?', after, limit),
  latest: (limit, before) =>
    rows('SELECT sequence, json FROM entries WHERE sequence < ? ORDER BY sequence DESC LIMIT ?', before, limit),
  closedAlarms: (limit) =>
    rows<{ state: string }>('SELECT state FROM alarms WHERE open = 0 ORDER BY at DESC, id DESC LIMIT ?', limit).map(
      ({ state }) => state,
    ),
  restore: () => ({
    alarms: rows<{ state: string }>('SELECT state FROM alarms WHERE open = 1 ORDER BY at, id').map(
      ({ state }) => state,
    ),
    rules: rows<{ key: string; state: string }>('SELECT key, state FROM rules').map(({ key, state }) => [key, state]),
  }),
  // One of an earlier version, on a disk that cannot be written, has no such table.
  permits: () =>
    rows<{ name: string }>("SELECT name FROM sqlite_schema WHERE name = 'permits'").length === 0
      ? []
      : rows<{ state: string }>('SELECT state FROM permits ORDER BY id').map(({ state }) => state),
  account(name, args) {
    try {
      // The arguments are those of the function of that name: both were taken from AccountReads by the caller.
      const question = accountReads(ledger().db)[name] as (...args: readonly unknown[]) => unknown;
      return question(...args);
    } catch (error) {
      throw databaseFault(error, options.path);
    }
  },
  close() {
    store?.close();
    store = undefined;
  },
});
