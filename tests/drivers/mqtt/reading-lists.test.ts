import { connectAsync } from 'mqtt';
import { describe, expect, test } from 'vitest';
import { parseJsonPath } from '../../../drivers/json-path.ts';
import { readPayload } from '../../../drivers/mqtt/device-payload.ts';
import type { MqttDevice } from '../../../drivers/mqtt/kind.ts';
import { roundsOf } from '../../../drivers/mqtt/message.ts';
import type { Reading } from '../../../drivers/reading.ts';
import { freePort, until } from '../../tools/program.ts';
import { jsonDevice, openLink, point } from './open-link.ts';

const path = (text: string) => parseJsonPath(text) ?? [];
const map = {
  list: path('$.data.list'),
  points: [
    { point: point('d', 'la', { source: {} }), path: path('$.v') },
    { point: point('d', 'lmax', { source: {} }), path: path('$.m') },
  ],
  time: path('$.t'),
};
const T = 1784125800;
const read = (json: unknown, partial = false) => readPayload(map, Buffer.from(JSON.stringify(json)), partial);
const brief = (json: unknown, partial = false) => {
  const { sets, flaw } = read(json, partial);
  const told = sets.map((set) =>
    set.map(({ value, code, deviceAt }) => `${value ?? code}@${deviceAt === undefined ? '' : deviceAt / 1000 - T}`),
  );
  return [told.map((set) => set.join(' ')), flaw];
};
const list = (...elements: unknown[]) => ({ data: { list: elements } });

describe('a list of readings', () => {
  test.each([
    [
      'each element with its own time',
      list({ t: T, v: 1, m: 2 }, { t: T + 1, v: 3, m: 4 }),
      ['1@0 2@0', '3@1 4@1'],
      undefined,
    ],
    [
      'the latest first is put in order',
      list({ t: T + 9, v: 2 }, { t: T, v: 1 }),
      ['1@0 no-value@', '2@9 no-value@'],
      undefined,
    ],
    ['without times the order is the list’s', list({ v: 1, m: 1 }, { v: 2, m: 2 }), ['1@ 1@', '2@ 2@'], undefined],
    [
      'one without a time stays behind the one before it',
      list({ t: T + 5, v: 1, m: 1 }, { v: 2, m: 2 }, { t: T, v: 3, m: 3 }),
      ['3@0 3@0', '1@5 1@5', '2@ 2@'],
      undefined,
    ],
    ['a time that is none', list({ t: 'noon', v: 1, m: 1 }), ['1@ 1@'], 'device-time'],
    ['an element that is no object', list({ t: T, v: 1, m: 1 }, 7), ['1@0 1@0', 'no-value@ no-value@'], 'no-points'],
    ['a lone element in the list’s place', { data: { list: { t: T, v: 1, m: 1 } } }, ['1@0 1@0'], undefined],
    ['an empty list', list(), [], 'no-points'],
    ['no list', { data: {} }, ['payload@ payload@'], 'payload'],
    ['a number for a list', { data: { list: 7 } }, ['payload@ payload@'], 'payload'],
  ])('%s', (_, json, sets, flaw) => {
    expect(brief(json)).toEqual([sets, flaw]);
  });

  test('below the device’s own topic only what is there counts', () => {
    expect(brief(list({ t: T, v: 1 }, { t: T + 1, x: 1 }), true)).toEqual([['1@0'], 'no-points']);
    expect(brief({ other: 1 }, true)).toEqual([[], 'no-points']);
  });

  test('of more than 1000 elements the latest are taken', () => {
    const { sets, flaw } = read(list(...Array.from({ length: 1200 }, (_, n) => ({ t: T - n, v: n, m: n }))));
    expect([sets.length, sets[0]?.[0]?.value, sets.at(-1)?.[0]?.value, flaw]).toEqual([1000, 999, 0, 'too-many']);
  });
});

test('a batch holds one set of each device at most', () => {
  const value = (point: string, n: number) => ({ point, value: n, quality: 'good' as const });
  const rest = { read: () => [], taken: () => {} };
  const rounds = roundsOf([
    { device: 'a', sets: [[value('a/x', 1)], [value('a/x', 2)]], ...rest },
    { device: 'b', sets: [[value('b/x', 1)]], ...rest },
    { device: 'a', sets: [[value('a/x', 3), value('a/y', 3)]], ...rest },
  ]);
  expect([...rounds].map((round) => round.map(({ point, value }) => `${point} ${value}`).join(', '))).toEqual([
    'a/x 1, b/x 1',
    'a/x 2',
    'a/x 3, a/y 3',
  ]);
});

const noise: MqttDevice = {
  id: 'noise-07',
  options: { topic: 'sensors/noise-07', password: 'noise-07-secret' },
  profile: { readings: '$.list', time: '$.t' },
  points: [point('noise-07', 'la', { source: { json: '$.v' } })],
};

const sign = (port: number, id: string) =>
  connectAsync(`mqtt://127.0.0.1:${port}`, {
    username: id,
    password: `${id}-secret`,
    protocolVersion: 4,
    reconnectPeriod: 0,
  });

test('a list that is published comes out as a batch an element, in order of time', async () => {
  const port = await freePort();
  const batches: (readonly Reading[])[] = [];
  const afterBatch = (_: unknown, batch: readonly Reading[]) => batches.push(batch);
  await using air = await openLink({ listen: `127.0.0.1:${port}` }, [noise], undefined, { afterBatch });
  await until(() => air.link.status().state === 'up', 'the listener');
  const client = await sign(port, 'noise-07');
  await client.publishAsync('sensors/noise-07', `{"list":[{"t":${T + 1},"v":58},{"t":${T},"v":57}]}`, { qos: 1 });
  expect(batches.map((batch) => batch.map(({ value, deviceAt }) => [value, deviceAt]))).toEqual([
    [[57, T * 1000]],
    [[58, (T + 1) * 1000]],
  ]);
  await client.endAsync();
});

test.each([[1], [2]] as const)(
  'at QoS %s a device hears that its message arrived when its events are on disk',
  async (qos) => {
    const port = await freePort();
    let onDisk = () => {};
    const afterBatch: NonNullable<Parameters<typeof openLink>[3]>['afterBatch'] = (link) => {
      link.kept?.(
        new Promise<void>((resolve) => {
          onDisk = resolve;
        }),
      );
    };
    const devices = [jsonDevice('smoke-12')];
    await using air = await openLink({ listen: `127.0.0.1:${port}` }, devices, undefined, { afterBatch });
    await until(() => air.link.status().state === 'up', 'the listener');
    const client = await sign(port, 'smoke-12');
    let isTold = false;
    const published = client.publishAsync('sensors/smoke-12', '{"state":1}', { qos }).then(() => {
      isTold = true;
    });
    await until(() => air.readings.length === 1, 'the reading');
    // Another sign-in comes and goes meanwhile.
    await (await sign(port, 'smoke-12')).endAsync();
    expect(isTold).toBe(false);
    onDisk();
    await published;
    await client.endAsync();
  },
);

test('a disk that takes nothing holds up no device for long', async () => {
  const port = await freePort();
  const never = new Promise<void>(() => {});
  const afterBatch: NonNullable<Parameters<typeof openLink>[3]>['afterBatch'] = (link) => link.kept?.(never);
  const devices = [jsonDevice('smoke-12')];
  await using air = await openLink({ listen: `127.0.0.1:${port}` }, devices, undefined, { afterBatch });
  await until(() => air.link.status().state === 'up', 'the listener');
  const client = await sign(port, 'smoke-12');
  await client.publishAsync('sensors/smoke-12', '{"state":1}', { qos: 1 });
  await client.publishAsync('sensors/smoke-12', '{"state":0}', { qos: 1 });
  expect(air.values()).toEqual(['smoke-12/state alarm', 'smoke-12/state normal']);
  await client.endAsync();
});
