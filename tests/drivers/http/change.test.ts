import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { expect, test } from 'vitest';
import type { HttpDevice } from '../../../drivers/http/kind.ts';
import { until } from '../../tools/program.ts';
import { openRelay, pull } from './relay.ts';
import { camera, fast, meter, openRig, point, post } from './rig.ts';

type Rig = Awaited<ReturnType<typeof openRig>>;

/** Makes ready; the devices are as the gateway gives them, equal and not the same. */
function prepare(rig: Rig, devices: readonly HttpDevice[]): () => void {
  const exchange = rig.link.change?.(structuredClone(devices));
  if (exchange === undefined) throw new Error('it cannot be changed');
  return exchange;
}

const a = meter('a', '861');
const b = meter('b', '862');
const of = (imei: string, level: number, msgId?: string) => ({ imei, level, ...(msgId && { msgId }) });

/** A push of which the first half has been sent. */
async function halfPushed(url: string, body: object, agent: Agent): Promise<ClientRequest> {
  const text = JSON.stringify(body);
  const headers = { 'Content-Type': 'application/json', 'Content-Length': text.length };
  const push = request(url, { method: 'POST', headers, agent });
  push.write(text.slice(0, 10));
  await once(push, 'socket');
  if (push.socket?.connecting === true) await once(push.socket, 'connect');
  return Object.assign(push, { rest: text.slice(10) });
}

async function endPush(push: ClientRequest): Promise<{ status: number | undefined; body: unknown }> {
  push.end((push as ClientRequest & { rest: string }).rest);
  const [response] = (await once(push, 'response')) as [IncomingMessage];
  const chunks = await response.toArray();
  return { status: response.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) };
}

test('one is adopted: it is no stranger at once, no connection is closed, no push cut off, and nothing comes twice', async () => {
  await using rig = await openRig({ devices: [a] });
  await rig.isUp();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await post(rig.url(), of('861', 1, 'x'));
  await post(rig.url(), of('862', 5));
  const half = await halfPushed(rig.url(), of('862', 6), agent);
  const exchange = prepare(rig, [a, b]);
  expect(rig.link.status().unknown).toMatchObject([{ id: '862' }]);
  expect(await post(rig.url(), of('862', 7))).toMatchObject({ body: { unknown: 1 } });
  exchange();
  expect(rig.link.status()).toMatchObject({ state: 'up', devices: { a: { answers: true }, b: { answers: false } } });
  expect(rig.link.status().unknown).toBeUndefined();
  const { socket } = half;
  expect(await endPush(half)).toEqual({ status: 200, body: { readings: 1, duplicates: 0, unknown: 0 } });
  const next = await halfPushed(rig.url(), of('861', 2), agent);
  expect(await endPush(next)).toMatchObject({ status: 200 });
  expect(next.socket).toBe(socket);
  expect((await post(rig.url(), of('861', 1, 'x'))).body).toMatchObject({ readings: 0, duplicates: 1 });
  expect(rig.values()).toEqual(['a/level 1', 'b/level 6', 'a/level 2']);
  expect(rig.count('brokenRequests')).toBe(0);
  agent.destroy();
});

test('what is made ready and never called changes nothing', async () => {
  await using rig = await openRig({ devices: [a], isUnread: true });
  await rig.isUp();
  const pushed = post(rig.url(), of('861', 1));
  await post(rig.url(), of('862', 5));
  prepare(rig, [b]);
  rig.read();
  expect((await pushed).body).toMatchObject({ readings: 1 });
  expect(rig.link.status()).toMatchObject({ devices: { a: { answers: true } }, unknown: [{ id: '862' }] });
});

test.each<[string, readonly HttpDevice[], object, string[]]>([
  ['gone: it is a stranger', [b], { readings: 0, unknown: 1 }, []],
  [
    'otherwise: it is read as its device now is',
    [{ ...a, points: [point('a', 'level', { json: '$.depth' })] }, b],
    { readings: 1, unknown: 0 },
    ['a/level 9'],
  ],
  ['another one, with its identity', [meter('c', '861'), b], { readings: 1, unknown: 0 }, ['c/level 1']],
])('a push that waits while its device is %s, has to come again, all of it', async (_, next, answered, values) => {
  const list = { each: '$', identity: '$.imei' };
  const all = (devices: readonly HttpDevice[]) =>
    devices.map((each) => ({ ...each, profile: { ...each.profile, ...list } }));
  await using rig = await openRig({ devices: all([a, b]), isUnread: true });
  await rig.isUp();
  const push = [{ ...of('861', 1, 'x'), depth: 9 }, of('862', 2, 'y')];
  const waiting = post(rig.url(), push);
  const other = post(rig.url(), [of('862', 3)]);
  // The second has come when the third is refused, since the first is still being taken.
  await until(async () => (await post(rig.url(), push)).status === 503, 'the push to wait');
  await until(async () => (await post(rig.url(), [{ imei: '999' }])).status === 200, 'the other push');
  prepare(rig, all(next))();
  rig.read();
  expect(await waiting).toMatchObject({ status: 503 });
  expect(await other).toMatchObject({ status: 200 });
  const again = await post(rig.url(), push);
  expect(again.body).toMatchObject({ ...answered, readings: Number((answered as { readings: number }).readings) + 1 });
  expect(rig.values()).toEqual(['b/level 3', ...values, 'b/level 2']);
});

test('of one that is gone nothing follows: no silence, no end of a state, no device', async () => {
  const silent = { ...a, points: [point('a', 'level', { json: '$.level' }, { everyMs: 60_000 })] };
  await using rig = await openRig({ devices: [silent, camera('cam-1'), b] });
  await rig.isUp();
  await post(rig.url(), of('861', 1));
  await post(rig.url('/push/cloud/cam-1'), { EventNotificationAlert: { eventType: 'fielddetection' } });
  prepare(rig, [b])();
  await rig.clock.advance(400_000);
  expect((await post(rig.url(), of('861', 2))).body).toMatchObject({ readings: 0, unknown: 1 });
  await post(rig.url(), of('862', 3));
  expect(rig.values()).toEqual(['a/level 1', 'cam-1/intrusion alarm', 'b/level 3']);
  expect(Object.keys(rig.link.status().devices)).toEqual(['b']);
});

test('its neighbours’ silence counts on, and a state ends when it would have', async () => {
  const silent = { ...a, points: [point('a', 'level', { json: '$.level' }, { everyMs: 60_000 })] };
  await using rig = await openRig({ devices: [silent, camera('cam-1')] });
  await rig.isUp();
  await post(rig.url(), of('861', 1));
  await rig.clock.advance(150_000);
  await post(rig.url('/push/cloud/cam-1'), { EventNotificationAlert: { eventType: 'fielddetection' } });
  await rig.clock.advance(20_000);
  prepare(rig, [silent, camera('cam-1'), b])();
  await post(rig.url('/push/cloud/cam-1'), { is: 'alive' });
  await rig.clock.advance(11_000);
  await until(() => rig.values().length === 4, 'the silence');
  await rig.clock.advance(29_000);
  await until(() => rig.values().length === 5, 'the end of the state');
  expect(rig.values()).toEqual([
    'a/level 1',
    'cam-1/intrusion alarm',
    'cam-1/intrusion alarm',
    'a/level no-answer',
    'cam-1/intrusion normal',
  ]);
});

test('a camera that is otherwise has its state, no longer than it now says; one that does not know it has it no more', async () => {
  await using rig = await openRig({ devices: [camera('cam-1'), camera('cam-2')] });
  await rig.isUp();
  const push = (id: string, said: object) => post(rig.url(`/push/cloud/${id}`), said);
  for (const id of ['cam-1', 'cam-2']) await push(id, { EventNotificationAlert: { eventType: 'fielddetection' } });
  const [first, second] = [camera('cam-1'), camera('cam-2')].map((each) => each.points[0]);
  if (first === undefined || second === undefined) throw new Error('no points');
  const shorter = { ...first, source: { ...first.source, holdFor: 10_000 } };
  prepare(rig, [
    { ...camera('cam-1'), points: [shorter] },
    { ...camera('cam-2'), points: [{ ...second, states: { linedetection: 'crossed' } }] },
  ])();
  for (const id of ['cam-1', 'cam-2']) await push(id, { is: 'alive' });
  await rig.clock.advance(11_000);
  await until(() => rig.values().length === 5, 'the end of the state');
  expect(rig.values().slice(2)).toEqual(['cam-1/intrusion alarm', 'cam-2/intrusion normal', 'cam-1/intrusion normal']);
});

test('one that calls itself otherwise from now on is heard once that one speaks; the former name is a stranger’s', async () => {
  await using rig = await openRig({ devices: [a, b] });
  await rig.isUp();
  for (const imei of ['861', '862']) await post(rig.url(), of(imei, 1));
  prepare(rig, [{ ...a, options: { identity: '871' } }, b])();
  expect(rig.link.status().devices).toEqual({ a: { answers: false, code: 'not-heard' }, b: { answers: true } });
  expect((await post(rig.url(), of('861', 2))).body).toMatchObject({ readings: 0, unknown: 1 });
  expect((await post(rig.url(), of('871', 3))).body).toMatchObject({ readings: 1 });
  expect(rig.link.status().devices.a).toEqual({ answers: true });
});

test('a silence that is counted for the first time begins with the one that joins', async () => {
  await using rig = await openRig({ devices: [] });
  await rig.isUp();
  prepare(rig, [{ ...a, points: [point('a', 'level', { json: '$.level' }, { everyMs: 60_000 })] }])();
  await rig.clock.advance(181_000);
  await until(() => rig.values().length === 1, 'the silence');
  expect(rig.values()).toEqual(['a/level no-answer']);
});

test('a link that asks a relay goes on from where it is, at its own pace', async () => {
  await using relay = await openRelay([
    { id: '1', body: of('861', 1, '1') },
    { id: '2', body: of('862', 2, '2') },
  ]);
  await using rig = await openRig({ devices: [a], link: pull(relay.url), wire: fast() });
  await until(() => relay.asked.length === 2 && rig.count('pulls') === 2, 'two questions');
  expect(rig.link.status().unknown).toMatchObject([{ id: '862' }]);
  prepare(rig, [a, b])();
  expect(rig.link.status().unknown).toBeUndefined();
  relay.messages.push({ id: '3', body: of('862', 3, '3') }, { id: '4', body: of('861', 1, '1') });
  await until(() => rig.count('duplicates') === 1, 'the fourth message');
  expect(rig.values()).toEqual(['a/level 1', 'b/level 3']);
  expect(relay.asked.slice(0, 3)).toEqual(['', '2', '2']);
});
