import { workerData } from 'node:worker_threads';
import { serveThread } from '#kit/thread.ts';
import type { Row, RowChange } from './row.ts';
import { SessionStore, type SessionStoreOptions } from './session-store.ts';

/** What the thread of the sessions answers. The database is opened by the first call that needs it. */
export type SessionCalls = {
  /** What is stored, and why a file that was there could not be used. */
  open(): { readonly rows: Row[]; readonly setAside: string | undefined };
  write(changes: readonly RowChange[]): void;
  replace(rows: readonly RowChange[]): void;
  close(): void;
};

// Given by session-journal.ts.
const options = workerData as SessionStoreOptions;
let store: SessionStore | undefined;

function use(): SessionStore {
  store ??= new SessionStore(options);
  return store;
}

serveThread<SessionCalls>({
  open: () => ({ rows: use().rows(), setAside: use().setAside }),
  write: (changes) => use().write(changes),
  replace: (rows) => use().replace(rows),
  close() {
    store?.close();
    store = undefined;
  },
});
