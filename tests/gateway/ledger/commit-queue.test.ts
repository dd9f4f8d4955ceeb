import { expect, test } from 'vitest';
import { Fault } from '../../../gateway/kit/fault.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { CommitQueue } from '../../../gateway/ledger/commit-queue.ts';
import { GENESIS } from '../../../gateway/ledger/entry.ts';
import type { Group, Write } from '../../../gateway/ledger/group.ts';
import { FakeClock } from '../../tools/fake-clock.ts';

/** A queue over a disk that takes the first group when told to, fails `failures` times and then takes all. */
function fakeDisk(failures = 0) {
  const groups: Group[] = [];
  const { promise, resolve: take } = Promise.withResolvers<void>();
  const wire = new FakeClock();
  const queue = new CommitQueue({
    head: GENESIS,
    log: silentLog,
    wire,
    committed() {},
    async commit(group) {
      groups.push(group);
      if (groups.length === 1) await promise;
      if (groups.length <= failures) throw new Fault('ledger-disk-full', 'full');
      return { head: GENESIS, entries: [], results: group.writes.map(() => 0), bytes: 0 };
    },
  });
  return { queue, groups, take, wire };
}

const event: Write = {
  kind: 'batch',
  events: [{ type: 't', subject: 's', time: '', data: '{}' }],
  alarms: [],
  rules: [],
};
const checkpoint = (rules: Record<string, string | null>): Write => ({
  kind: 'batch',
  events: [],
  alarms: [],
  rules: Object.entries(rules).map(([key, state]) => ({ key, state })),
});

test('the first goes at once, what gathers meanwhile is the next group, a moved cursor goes along', async () => {
  const { queue, groups, take } = fakeDisk();
  const first = queue.add(event);
  await Promise.resolve();
  await Promise.resolve();
  expect(groups.map(({ writes }) => writes.length)).toEqual([1]);
  const more = [queue.add(event), queue.add(event), queue.add(event)];
  queue.moveCursor('city', 1);
  queue.moveCursor('city', 2);
  take();
  await Promise.all([first, ...more]);
  expect(groups.map(({ writes }) => writes.length)).toEqual([1, 4]);
  expect(groups[1]?.writes.at(-1)).toEqual({ kind: 'cursor', name: 'city', sequence: 2 });
});

test('a cursor that moves alone is stored a second later, once', async () => {
  const { queue, groups, take, wire } = fakeDisk();
  take();
  queue.moveCursor('city', 1);
  await wire.advance(500);
  queue.moveCursor('city', 2);
  await wire.advance(499);
  expect(groups).toHaveLength(0);
  await wire.advance(1);
  expect(groups.map(({ writes }) => writes)).toEqual([[{ kind: 'cursor', name: 'city', sequence: 2 }]]);
  await wire.advance(5000);
  expect(groups).toHaveLength(1);
});

test('a group that fails is sent again, the same, with growing pauses, and nothing overtakes it', async () => {
  const { queue, groups, take, wire } = fakeDisk(4);
  const first = queue.add(event);
  take();
  await wire.advance(0);
  const second = queue.add(event);
  expect(queue.error).toMatchObject({ code: 'ledger-disk-full' });
  expect(queue.waiting).toBe(2);
  await wire.advance(50 + 100 + 200 + 400);
  await Promise.all([first, second]);
  expect(groups.map(({ token }) => token === groups[0]?.token)).toEqual([true, true, true, true, true, false]);
  expect(queue).toMatchObject({ error: undefined, waiting: 0, commits: 2 });
});

test('rule states that wait are held once, the newest of each; they do not count as events', async () => {
  const { queue, groups, take } = fakeDisk();
  const calls = [queue.add(event)];
  await Promise.resolve();
  await Promise.resolve();
  calls.push(
    queue.add(checkpoint({ a: '1', b: '1', c: '1' })),
    queue.add(event),
    queue.add(checkpoint({ a: '2', c: null })),
  );
  expect(queue.waiting).toBe(2);
  take();
  await Promise.all(calls);
  expect(groups[1]?.writes).toEqual([checkpoint({ b: '1' }), event, checkpoint({ a: '2', c: null })]);
  // What has gone to the disk is not taken back out of it.
  await queue.add(checkpoint({ a: '3' }));
  expect(groups[2]?.writes).toEqual([checkpoint({ a: '3' })]);
});
