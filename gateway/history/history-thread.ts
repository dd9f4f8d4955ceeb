import { workerData } from 'node:worker_threads';
import { serveThread } from '#kit/thread.ts';
import type { Packed } from './columns.ts';
import { historyFault } from './history-database.ts';
import { HistoryStore, type HistoryStoreOptions, type StoreStatus } from './history-store.ts';
import type { Sample } from './sample.ts';

/** What history's thread answers. The database is opened by the first call that needs it. */
export type HistoryCalls = {
  open(): StoreStatus;
  write(packed: Packed): StoreStatus;
  series(point: string, from: number, to: number, points: number): Sample[];
  points(): ReturnType<HistoryStore['points']>;
  batchesSince(after: number): ReturnType<HistoryStore['batchesSince']>;
  batches(first: number, last: number, limit: number): ReturnType<HistoryStore['batches']>;
  close(): void;
};

// Given by open-history.ts.
const options = workerData as HistoryStoreOptions;
let store: HistoryStore | undefined;

function use<T>(run: (store: HistoryStore) => T): T {
  try {
    store ??= new HistoryStore(options);
    return run(store);
  } catch (error) {
    throw historyFault(error, options.path);
  }
}

serveThread<HistoryCalls>({
  open: () => use(({ status }) => status),
  write: (packed) => use((history) => history.write(packed)),
  series: (...args) => use((history) => history.series(...args)),
  points: () => use((history) => history.points()),
  batchesSince: (after) => use((history) => history.batchesSince(after)),
  batches: (...args) => use((history) => history.batches(...args)),
  close() {
    if (store !== undefined) use((history) => history.close());
  },
});
