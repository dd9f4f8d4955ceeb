import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packDraft } from '../../../gateway/ledger/entry.ts';
import type { Group, Write } from '../../../gateway/ledger/group.ts';
import { Snapshot } from '../../../gateway/ledger/snapshot.ts';
import { CLOSED_ALARMS_KEPT, Store } from '../../../gateway/ledger/store.ts';
import { draft, temporaryDirectory } from './drafts.ts';

const writes: readonly Write[] = [
  { kind: 'account', name: 'remove', args: ['nobody'] },
  { kind: 'batch', events: [packDraft(draft(1)), packDraft(draft(2))], alarms: [], rules: [] },
  { kind: 'new-cursor', name: 'city', from: 'end' },
];

test('a group that is sent again is known, also by a store that was opened since, and answered as the first time', async () => {
  await using dir = await temporaryDirectory();
  const options = { path: join(dir.path, 'ledger.db'), gateway: 'test-01', maxBytes: 1e9 };
  const first = new Store(options, true);
  const group: Group = { token: 'one', after: first.head, writes };
  const done = first.commit(group);
  expect(done.entries.map(({ sequence }) => sequence)).toEqual([1, 2]);
  expect(done.results).toEqual([false, 2, 2]);
  expect({ ...first.commit(group), bytes: 0 }).toEqual({ ...done, bytes: 0 });
  first.close();
  const second = new Store(options, false);
  expect({ ...second.commit(group), bytes: 0 }).toEqual({ ...done, bytes: 0 });
  expect(second.head).toEqual(done.head);
  // One that follows on something else is refused, and changes nothing.
  expect(() => second.commit({ ...group, token: 'two' })).toThrow(expect.objectContaining({ code: 'ledger-replaced' }));
  expect(second.head).toEqual(done.head);
  second.close();
});

test('a snapshot reads anew what was read while the log was carried over to the database', async () => {
  await using dir = await temporaryDirectory();
  const options = { path: join(dir.path, 'ledger.db'), gateway: 'test-01', maxBytes: 1e9 };
  const store = new Store(options, true);
  using snapshot = new Snapshot(options.path);
  let reads = 0;
  const count = await snapshot.read((db) => {
    if (++reads === 1) {
      store.commit({ token: 'one', after: store.head, writes });
      store.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    }
    return db.prepare('SELECT count(*) AS count FROM entries').get()?.count;
  });
  expect([reads, count]).toEqual([2, 2]);
  store.close();
});

test('closed alarms are kept up to a bound, the oldest go; open ones stay', async () => {
  await using dir = await temporaryDirectory();
  const store = new Store({ path: join(dir.path, 'ledger.db'), gateway: 'test-01', maxBytes: 1e9 }, true);
  const alarm = (n: number, open: boolean) => ({ id: `a-${n}`, key: 'k', open, at: n, state: '{}' });
  const alarms = Array.from({ length: CLOSED_ALARMS_KEPT + 100 }, (_, n) => alarm(n, n === 7));
  const batches = Array.from({ length: 256 }, (_, n) => ({
    kind: 'batch' as const,
    events: [],
    alarms: n === 0 ? alarms : [],
    rules: [],
  }));
  store.commit({ token: 'one', after: store.head, writes: batches });
  const row = store.db.prepare('SELECT count(*) AS count, min(at) AS open, sum(open) AS opens FROM alarms').get();
  expect(row).toMatchObject({ count: CLOSED_ALARMS_KEPT + 1, open: 7, opens: 1 });
  store.close();
});
