import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { FilterTree, matchesFilter } from '../../../../drivers/mqtt/sessions/filter-tree.ts';
import type { SessionLimits } from '../../../../drivers/mqtt/sessions/session-state.ts';
import { Sessions } from '../../../../drivers/mqtt/sessions/sessions.ts';
import { openClock } from '../../../../gateway/kit/clock.ts';
import { type Log, silentLog } from '../../../../gateway/kit/log.ts';
import { FakeClock } from '../../../tools/fake-clock.ts';
import { until } from '../../../tools/program.ts';

const root = mkdtempSync(join(tmpdir(), 'sessions-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

const limits: SessionLimits = { mostBytes: 10_000, mostRows: 20, outbox: { mostMessages: 5, mostBytes: 4000 } };
const open = async (more: { limits?: SessionLimits; maxFileBytes?: number; log?: Log; dir?: string } = {}) => {
  const dir = more.dir ?? join(root, String(++folders));
  const wire = new FakeClock();
  const sessions = new Sessions({ limits, wire, log: silentLog, ...more, dir });
  await sessions.restore();
  return { dir, wire, sessions };
};

const message = (n: number, payload = Buffer.from(String(n)), qos = 1) => ({
  cmd: 'publish',
  topic: 'a/cmd',
  payload,
  qos,
  brokerId: 'b',
  brokerCounter: n,
});
const client = { id: 'a/valve' };
const sub = { clientId: client.id, topic: 'a/cmd', qos: 1 };
const queued = async (sessions: Sessions) =>
  (await sessions.outgoingStream(client).toArray()).map(({ payload }) => String(payload));

describe.each([
  ['a/b', 'a/b', true],
  ['a/b', 'a/b/c', false],
  ['a/#', 'a', true],
  ['a/#', 'a/b/c', true],
  ['a/#', 'ab', false],
  ['a/+', 'a/b', true],
  ['a/+', 'a', false],
  ['a/+', 'a/b/c', false],
  ['+/b', 'a/b', true],
  ['#', 'a/b', true],
  ['a/+/c', 'a/b/c', true],
  ['a//c', 'a//c', true],
  ['a/+/c', 'a//c', true],
])('the filter %s and the topic %s', (filter, topic, expected) => {
  test(`match: ${expected}`, () => {
    expect(matchesFilter(filter, topic)).toBe(expected);
    const tree = new FilterTree<string>();
    tree.set(filter, 'x', 'found');
    expect(tree.match(topic)).toEqual(expected ? ['found'] : []);
    tree.delete(filter, 'x');
    expect(tree.match(topic)).toEqual([]);
    expect(tree.size).toBe(0);
  });
});

test('a queue that is full loses its oldest, by number and by bytes', async () => {
  const { sessions } = await open();
  for (let n = 1; n <= 7; n++) await sessions.outgoingEnqueue(sub, message(n));
  expect(await queued(sessions)).toEqual(['3', '4', '5', '6', '7']);
  await sessions.outgoingEnqueue(sub, message(8, Buffer.alloc(3000, 'x')));
  expect((await queued(sessions)).length).toBe(4);
  await sessions.outgoingEnqueue(sub, message(9, Buffer.alloc(5000)));
  expect(await queued(sessions)).toEqual([]);
  expect(sessions.counters()).toMatchObject({ queueDropped: 9 });
  await sessions.destroy();
});

test('filters of one session that overlap give it a message once, at the highest QoS that it has', async () => {
  const { sessions } = await open();
  await sessions.outgoingEnqueueCombi([sub, { ...sub, topic: 'a/#', qos: 2 }], message(1, Buffer.from('x'), 2));
  const [held, ...more] = await sessions.outgoingStream(client).toArray();
  expect([held?.qos, more]).toEqual([2, []]);
  await sessions.destroy();
});

test('what is retained is bounded: one too many is not kept, nor the one before it', async () => {
  const { sessions } = await open();
  const retain = (topic: string, bytes: number) =>
    sessions.storeRetained({ topic, payload: Buffer.alloc(bytes, 'x'), retain: true, qos: 0 });
  await retain('a', 4000);
  await retain('b', 4000);
  await retain('c', 4000);
  expect(await sessions.createRetainedStream('#').toArray()).toHaveLength(2);
  await retain('b', 9000);
  expect((await sessions.createRetainedStream('#').toArray()).map(({ topic }) => topic)).toEqual(['a']);
  expect(sessions.counters()).toMatchObject({ retainedRefused: 2 });
  await sessions.destroy();
});

test('QoS 2 messages without end are refused at the bound', async () => {
  const { sessions } = await open();
  const receive = (messageId: number) => sessions.incomingStorePacket(client, { ...message(messageId), messageId });
  for (let id = 1; id <= 20; id++) await receive(id);
  await expect(receive(21)).rejects.toThrow('no room');
  expect(sessions.counters()).toMatchObject({ qos2Refused: 1 });
  await sessions.cleanIncoming(client);
  await receive(21);
  await sessions.destroy();
});

test('a topic that is retained anew each second is written twice a minute', async () => {
  const { dir, wire, sessions } = await open();
  for (let n = 0; n < 60; n++) {
    await sessions.storeRetained({ topic: 'a', payload: Buffer.from(String(n)), retain: true });
    await wire.advance(1000);
  }
  expect((await sessions.createRetainedStream('a').toArray()).map(({ payload }) => String(payload))).toEqual(['59']);
  await sessions.storeRetained({ topic: 'a', payload: Buffer.from('last'), retain: true });
  await sessions.destroy();
  const again = await open({ dir });
  const [kept] = await again.sessions.createRetainedStream('a').toArray();
  expect(String(kept?.payload)).toBe('last');
  await again.sessions.destroy();
});

test('of devices that the site has no more, and of sessions that nobody took up for 30 days, nothing is left', async () => {
  const { sessions } = await open();
  const never = () => false;
  const day = 86_400_000;
  sessions.admit({ id: 'a/old' }, 'a/', 0, never);
  sessions.admit({ id: 'a/new' }, 'a/', 29 * day, never);
  sessions.admit({ id: 'gone/x' }, 'gone/', 29 * day, never);
  for (const id of ['a/old', 'a/new', 'gone/x']) await sessions.addSubscriptions({ id }, [{ topic: 't', qos: 1 }]);
  await sessions.storeRetained({ topic: 'gone', payload: 'x' });
  sessions.endUnseen(31 * day);
  sessions.keepOnly(
    (id) => id.startsWith('a/'),
    (topic) => topic !== 'gone',
  );
  expect(await sessions.getClientList('t').toArray()).toEqual(['a/new']);
  expect(await sessions.createRetainedStream('#').toArray()).toEqual([]);
  await sessions.destroy();
});

test('a disk that is full is told once, and all is written when it has room again', async () => {
  const said: string[] = [];
  const log = { ...silentLog, error: (_: object, text: string) => said.push(text) };
  const wide = { ...limits, mostBytes: 10e6, mostRows: 1000, outbox: { mostMessages: 1000, mostBytes: 10e6 } };
  const { dir, wire, sessions } = await open({ log, limits: wide, maxFileBytes: 200_000 });
  for (let n = 1; n <= 50; n++) await sessions.outgoingEnqueue(sub, message(n, Buffer.alloc(8000, 'x')));
  expect(sessions.error).toMatch(/full/);
  expect(await queued(sessions)).toHaveLength(50);
  expect(said).toHaveLength(1);
  for (const packet of (await sessions.outgoingStream(client).toArray()).slice(0, 45)) {
    const sent = { ...packet, messageId: Number(packet.brokerCounter) };
    await sessions.outgoingUpdate(client, sent);
    await sessions.outgoingClearMessageId(client, sent);
  }
  await wire.advance(60_000);
  await until(async () => {
    await wire.advance(1000);
    return sessions.error === undefined;
  }, 'the next attempt');
  await sessions.outgoingEnqueue(sub, message(51, Buffer.from('after')));
  await sessions.destroy();
  const again = await open({ dir, limits: wide });
  expect((await queued(again.sessions)).at(-1)).toBe('after');
  expect(await queued(again.sessions)).toHaveLength(6);
  await again.sessions.destroy();
});

test('rows that hold nothing that can be read are left out', async () => {
  const dir = join(root, String(++folders));
  const { sessions } = await open({ dir });
  await sessions.storeRetained({ topic: 'a', payload: 'x' });
  await sessions.destroy();
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(join(dir, 'sessions.db'));
  db.exec("INSERT INTO rows VALUES ('retained', '', 'b', 'no json', NULL), ('session', 'a/x', '', 'null', NULL)");
  db.close();
  const again = await open({ dir });
  expect(await again.sessions.createRetainedStream('#').toArray()).toHaveLength(1);
  await again.sessions.destroy();
});

test('a database of a later version is left as it is', async () => {
  const dir = join(root, String(++folders));
  const { sessions } = await open({ dir });
  await sessions.storeRetained({ topic: 'a', payload: 'x' });
  await sessions.destroy();
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(join(dir, 'sessions.db'));
  db.exec('PRAGMA user_version=9');
  db.close();
  const again = await open({ dir });
  expect(again.sessions.error).toMatch(/newer Gengfu/);
  await again.sessions.destroy();
});

test('a thread that dies is told, and started again', async () => {
  const dir = join(root, String(++folders));
  const workers: { terminate(): Promise<number> }[] = [];
  const wire = openClock();
  const sessions = new Sessions({ dir, wire, log: silentLog, onWorker: (worker) => workers.push(worker) });
  await sessions.restore();
  await sessions.storeRetained({ topic: 'a', payload: 'x' });
  await workers[0]?.terminate();
  await sessions.storeRetained({ topic: 'b', payload: 'y' });
  await sessions.destroy();
  expect(workers.length).toBe(2);
  const again = await open({ dir });
  expect(await again.sessions.createRetainedStream('#').toArray()).toHaveLength(2);
  await again.sessions.destroy();
});
