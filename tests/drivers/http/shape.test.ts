import { expect, test } from 'vitest';
import type { HttpDevice } from '../../../drivers/http/kind.ts';
import { type Log, silentLog } from '../../../gateway/kit/log.ts';
import { camera, meter, openRig, point, post } from './rig.ts';

const one = { imei: '861', level: 1 };
const byPath: HttpDevice = { ...meter('a', '861'), profile: {} };
const eventOf = (eventType: string) => ({ EventNotificationAlert: { eventType } });

test.each<[string, HttpDevice, string, unknown, 'is-list' | 'no-list', string | undefined, string]>([
  ['a list, where the model reads one message', meter('a', '861'), '', [one], 'is-list', '$', 'a/level 1'],
  ['a list, where the path says who', byPath, '/861', [{ level: 1 }], 'is-list', '$', 'a/level 1'],
  [
    'a list of events, which is no heartbeat',
    camera('cam-1'),
    '/cam-1',
    [eventOf('fielddetection')],
    'is-list',
    '$',
    'cam-1/intrusion alarm',
  ],
  [
    'a list, where the model looks for one elsewhere',
    meter('a', '861', { each: '$.data' }),
    '',
    [one],
    'no-list',
    '$',
    'a/level 1',
  ],
  [
    'one message, where the model looks for a list in it',
    meter('a', '861', { each: '$.data' }),
    '',
    one,
    'no-list',
    undefined,
    'a/level 1',
  ],
  [
    'one message with a text where the list should be',
    meter('a', '861', { each: '$.imei' }),
    '',
    one,
    'no-list',
    undefined,
    'a/level 1',
  ],
])('%s: it is told of the device with what helps, and helps', async (...row) => {
  const [, device, path, body, code, each, value] = row;
  const told: object[] = [];
  const tell = (nouns: object) => void told.push(nouns);
  const log: Log = { debug: tell, info: tell, warn: tell, error: tell };
  await using rig = await openRig({ devices: [device], log });
  await rig.isUp();
  const url = rig.url(`/push/cloud${path}`);
  for (let n = 0; n < 2; n++) {
    expect(await post(url, body)).toMatchObject({ status: 200, body: { readings: 0, unknown: 0 } });
  }
  expect(rig.link.status()).toMatchObject({
    devices: { [device.id]: { answers: false, code } },
    counters: { misshaped: 2, foreign: 0, noPoints: 0 },
  });
  expect(rig.link.status().unknown).toBeUndefined();
  expect(told).toMatchObject([{ device: device.id, code, hint: expect.stringContaining('each') }]);
  const { each: _, ...profile } = device.profile;
  rig.link.change?.([{ ...device, profile: { ...profile, ...(each && { each }) } }])?.();
  expect(rig.link.status().devices[device.id]).toEqual({ answers: false, code: 'not-heard' });
  expect(await post(url, body)).toMatchObject({ body: { readings: 1 } });
  expect(rig.link.status().devices[device.id]).toEqual({ answers: true });
  expect(rig.values()).toEqual([value]);
});

test('a device that pushes now a list and now a message is told of once, and its silence is no list', async () => {
  const told: object[] = [];
  const log: Log = { ...silentLog, warn: (nouns: object) => void told.push(nouns) };
  const device = { ...meter('a', '861'), points: [point('a', 'level', { json: '$.level' }, { everyMs: 60_000 })] };
  await using rig = await openRig({ devices: [device], log });
  await rig.isUp();
  for (let n = 0; n < 3; n++) for (const body of [[one], one]) await post(rig.url(), body);
  expect(told).toHaveLength(1);
  await rig.clock.advance(181_000);
  expect(rig.link.status().devices.a).toEqual({ answers: false, code: 'no-answer' });
});

test.each<[string, string, string, unknown]>([
  ['the whole message, where a list may be', '$', 'application/json', one],
  ['a message in a message', '$.data', 'application/json', { imei: '861', data: { level: 1 } }],
  [
    'the only one of a list in XML',
    '$.r.data',
    'application/xml',
    '<r><data><imei>861</imei><level>1</level></data></r>',
  ],
])('%s is a list of one', async (_, each, type, body) => {
  await using rig = await openRig({ devices: [meter('a', '861', { each })] });
  await rig.isUp();
  expect(await post(rig.url(), body, { 'Content-Type': type })).toMatchObject({ body: { readings: 1 } });
  expect(rig.values()).toEqual(['a/level 1']);
  expect(rig.count('misshaped')).toBe(0);
});

test('a list with nothing in it says nothing of anybody, and is no mistake', async () => {
  await using rig = await openRig({ devices: [meter('a', '861', { each: '$.data' })] });
  await rig.isUp();
  expect(await post(rig.url(), { imei: '861', data: [] })).toMatchObject({ status: 200, body: { readings: 0 } });
  expect(rig.link.status()).toMatchObject({ devices: { a: { code: 'not-heard' } }, counters: { misshaped: 0 } });
  expect(rig.link.status().unknown).toBeUndefined();
});

test('a list of a stranger is shown with what its model will need', async () => {
  await using rig = await openRig();
  await rig.isUp();
  await post(rig.url(), [{ imei: '999', level: 1 }]);
  expect(rig.link.status().unknown).toMatchObject([
    { id: '999', sample: 'a list, its model needs each: $ [{"imei":"999","level":1}]' },
  ]);
});

test('of what a stranger sends nothing is shown that is called a secret', async () => {
  await using rig = await openRig();
  await rig.isUp();
  const secrets = { password: 'p1', accessToken: 't1', apiKey: { id: 'k1' }, sign: 's1' };
  await post(rig.url(), { imei: '999', level: 1, ...secrets });
  const [{ sample = '' } = {}] = rig.link.status().unknown ?? [];
  expect(sample).toBe('{"imei":"999","level":1,"password":"…","accessToken":"…","apiKey":"…","sign":"…"}');
});
