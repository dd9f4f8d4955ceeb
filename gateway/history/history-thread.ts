import { workerData } from 'node:worker_threads';
import { serveThread } from '#kit/thread.ts';
import type { Packed } from './columns.ts';
import type { Place } from './history.ts';
import { historyFault } from './history-database.ts';
import { HistoryStore, type HistoryStoreOptions, type StoreStatus } from './history-store.ts';
import type { Asked, Page } from './pages.ts';
import type { Sample } from './sample.ts';

/** What history's thread answers. The database is opened by the first call that needs it. */
export type HistoryCalls = {
  open(): StoreStatus;
  write(packed: Packed): StoreStatus;
  series(point: string, from: number, to: number, points: number): Sample[];
  page(place: Place, asked: Asked): Page;
  end(): Place;
  countFrom(place: Place): number;
  aggregates(...args: Parameters<HistoryStore['aggregates']>): ReturnType<HistoryStore['aggregates']>;
  note(name: string, value: string): void;
  noted(name: string): string | null;
  close(): void;
};

// Given by open-history.ts.
const options = workerData as HistoryStoreOptions;
let store: HistoryStore | undefined;
let isWorking = false;

function use<T>(run: (store: HistoryStore) => T): T {
  try {
    store ??= new HistoryStore(options);
    const result = run(store);
    work();
    return result;
  } catch (error) {
    throw historyFault(error, options.path);
  }
}

/** A little of what is to be done, then whoever has asked meanwhile, then a little more. */
function work(): void {
  if (isWorking) return;
  isWorking = true;
  setImmediate(() => {
    isWorking = false;
    if (store?.work() === true) work();
  });
}

serveThread<HistoryCalls>({
  open: () => use(({ status }) => status),
  write: (packed) => use((history) => history.write(packed)),
  series: (...args) => use((history) => history.series(...args)),
  page: (...args) => use((history) => history.page(...args)),
  end: () => use((history) => history.end()),
  countFrom: (place) => use((history) => history.countFrom(place)),
  aggregates: (...args) => use((history) => history.aggregates(...args)),
  note: (...args) => use((history) => history.note(...args)),
  noted: (name) => use((history) => history.noted(name)),
  close() {
    const closing = store;
    store = undefined;
    if (closing === undefined) return;
    try {
      closing.close();
    } catch (error) {
      throw historyFault(error, options.path);
    }
  },
});
