import { expect, test } from 'vitest';
import { until } from '../../tools/program.ts';
import { meter, openRig, point, post } from './rig.ts';

test('a pushed message becomes readings, with the site’s time and the device’s own', async () => {
  await using rig = await openRig();
  await rig.isUp();
  const deviceAt = Date.parse('2026-07-15T13:29:00Z');
  const answer = await post(rig.url(), { imei: '861', msgId: 'a', ts: deviceAt, level: '12.5' });
  expect(answer).toMatchObject({ status: 200, body: { readings: 1, duplicates: 0, unknown: 0 } });
  const now = rig.clock.now();
  expect(rig.readings()).toEqual([
    { point: 'gauge-1/level', value: 12.5, quality: 'good', at: now, tick: rig.clock.tick(), deviceAt },
  ]);
  expect(rig.link.status()).toMatchObject({
    state: 'up',
    warnings: ['needs-line'],
    devices: { 'gauge-1': { answers: true } },
  });
});

test('a batch is taken apart: identity, id and time stand in each message or beside the list', async () => {
  const profile = { each: '$.data', identity: '$.imei', message: '$.id', time: '$.ts' };
  await using rig = await openRig({ devices: [meter('a', '861', profile), meter('b', '862', profile)] });
  await rig.isUp();
  const ts = 1_784_122_000;
  const batch = {
    imei: '861',
    data: [
      { id: 1, ts, level: 1 },
      { id: 2, ts: String(ts + 60), level: 2 },
      { imei: '862', id: 1, ts, level: 3 },
    ],
  };
  expect((await post(rig.url(), batch)).body).toEqual({ readings: 3, duplicates: 0, unknown: 0 });
  expect(rig.values()).toEqual(['a/level 1', 'a/level 2', 'b/level 3']);
  expect(rig.readings().map(({ deviceAt }) => deviceAt)).toEqual([ts * 1000, (ts + 60) * 1000, ts * 1000]);
});

test('a message that comes twice has one effect, and is answered as taken', async () => {
  await using rig = await openRig();
  await rig.isUp();
  const message = { imei: '861', msgId: 'a', level: 1 };
  await post(rig.url(), message);
  expect((await post(rig.url(), message)).body).toEqual({ readings: 0, duplicates: 1, unknown: 0 });
  expect((await post(rig.url(), { ...message, msgId: 'b' })).body).toMatchObject({ readings: 1 });
  expect(rig.values()).toHaveLength(2);
});

test('a point may stand in some messages only, by what stands beside it', async () => {
  const device = {
    ...meter('nb-1', '77', { identity: '$.dev_id' }),
    points: [
      point('nb-1', 'level', { json: '$.value', when: { '$.ds_id': '3300_0_5700' } }),
      point('nb-1', 'battery', { json: '$.value', when: { '$.ds_id': '3300_0_5701', '$.type': 1 } }),
    ],
  };
  await using rig = await openRig({ devices: [device] });
  await rig.isUp();
  const send = (ds_id: string, value: unknown) => post(rig.url(), { dev_id: 77, type: 1, ds_id, value });
  await send('3300_0_5700', 1.5);
  await send('3300_0_5701', 80);
  await send('3300_0_9999', 1);
  await send('3300_0_5700', { deep: 1 });
  expect(rig.values()).toEqual(['nb-1/level 1.5', 'nb-1/battery 80', 'nb-1/level payload']);
  expect(rig.count('noPoints')).toBe(1);
});

test('who is no device of the site is answered, so that the cloud does not send for ever, and shown', async () => {
  await using rig = await openRig();
  await rig.isUp();
  const token = 'A'.repeat(64);
  expect(await post(rig.url(), { imei: '999', level: 1, token })).toMatchObject({ status: 200, body: { unknown: 1 } });
  expect(rig.link.status().unknown).toMatchObject([{ id: '999', count: 1, from: '127.0.0.1' }]);
  expect(JSON.stringify(rig.link.status())).not.toContain(token);
  expect(await post(rig.url(), { level: 1 })).toMatchObject({ status: 400, body: { code: 'no-identity' } });
  expect(rig.values()).toEqual([]);
  expect(rig.link.status().counters).toMatchObject({ foreign: 1, noIdentity: 1 });
});

test('it is answered with 200 only once it was handed on', async () => {
  await using rig = await openRig({ isUnread: true });
  await rig.isUp();
  let isAnswered = false;
  const pushed = post(rig.url(), { imei: '861', msgId: 'a', level: 1 }).then((answer) => {
    isAnswered = true;
    return answer;
  });
  // Another request goes there and back meanwhile.
  await post(rig.url(), { imei: '999' });
  expect(isAnswered).toBe(false);
  rig.read();
  expect((await pushed).status).toBe(200);
  expect(rig.values()).toEqual(['gauge-1/level 1']);
});

test('with no room the sender is told to come again, and its message is no duplicate then', async () => {
  await using rig = await openRig({ isUnread: true, link: { maxConnections: 1000, maxRate: 1000 } });
  await rig.isUp();
  const pushes = Array.from({ length: 257 }, (_, n) => post(rig.url(), { imei: '861', msgId: n, level: n }));
  const refused = await Promise.race(pushes);
  expect(refused).toMatchObject({ status: 503, body: { code: 'busy' } });
  expect(refused.headers.get('retry-after')).toBe('5');
  rig.read();
  const answers = await Promise.all(pushes);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(256);
  const late = answers.findIndex(({ status }) => status === 503);
  expect((await post(rig.url(), { imei: '861', msgId: late, level: late })).body).toMatchObject({ readings: 1 });
});

test('what waits when the link ends is not answered as taken', async () => {
  const rig = await openRig({ isUnread: true });
  await rig.isUp();
  const pushed = post(rig.url(), { imei: '861', level: 1 }).then(
    ({ status }) => status,
    () => 'cut off',
  );
  await post(rig.url(), { imei: '999' });
  await rig[Symbol.asyncDispose]();
  expect(await pushed).not.toBe(200);
});

test('a device that says nothing for three periods has bad readings, each period', async () => {
  const device = {
    ...meter('gauge-1', '861'),
    points: [point('gauge-1', 'level', { json: '$.level' }, { everyMs: 60_000 })],
  };
  await using rig = await openRig({ devices: [device] });
  await rig.isUp();
  expect(rig.link.status().devices['gauge-1']).toEqual({ answers: false, code: 'not-heard' });
  await post(rig.url(), { imei: '861', level: 1 });
  await rig.clock.advance(181_000);
  await until(() => rig.readings().length === 2, 'the first bad reading');
  await rig.clock.advance(60_000);
  await until(() => rig.readings().length === 3, 'the second bad reading');
  expect(rig.values()).toEqual(['gauge-1/level 1', 'gauge-1/level no-answer', 'gauge-1/level no-answer']);
  expect(rig.link.status().devices['gauge-1']).toEqual({ answers: false, code: 'no-answer' });
  await post(rig.url(), { imei: '861', level: 2 });
  expect(rig.link.status().devices['gauge-1']).toEqual({ answers: true });
});

test.each([
  ['at its top', { IMEI: '868508061924513', data: '00' }, '868508061924513'],
  ['one below it', { msg: { dev_id: 77 } }, '77'],
  ['in a list', { messages: [{ device: 'gauge-9', depth: 3 }] }, 'gauge-9'],
])('on a link without a device of that make, who speaks is known by what it calls itself %s', async (_, body, id) => {
  await using rig = await openRig({ devices: [] });
  await rig.isUp();
  expect((await post(rig.url(), body)).status).toBe(200);
  expect(rig.link.status().unknown).toMatchObject([{ id, count: 1 }]);
});

test.each<[string, unknown, { factor: number; offset: number }, number]>([
  ['0.29 m, in centimetres', 0.29, { factor: 100, offset: 0 }, 29],
  ['the same as a text', '0.29', { factor: 100, offset: 0 }, 29],
  ['0.57 m, in centimetres', 0.57, { factor: 100, offset: 0 }, 57],
  ['1.1 kPa, in pascals', 1.1, { factor: 1000, offset: 0 }, 1100],
  ['35 mm, in metres', 35, { factor: 0.001, offset: 0 }, 0.035],
  ['a distance to the water, from 4.2 m above the ground', 3.91, { factor: -100, offset: 420 }, 29],
  ['a value in the unit that is wanted', 0.1, { factor: 1, offset: 0 }, 0.1],
  ['thirds, which are as they are', 1, { factor: 1 / 3, offset: 0 }, 1 / 3],
])('%s, is read as it was measured', async (_, level, convert, value) => {
  const device = { ...meter('a', '861'), points: [{ ...point('a', 'level', { json: '$.level' }), convert }] };
  await using rig = await openRig({ devices: [device] });
  await rig.isUp();
  await post(rig.url(), { imei: '861', level });
  expect(rig.readings()).toMatchObject([{ point: 'a/level', value, quality: 'good' }]);
});
