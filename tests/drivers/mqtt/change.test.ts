import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, describe, expect, test } from 'vitest';
import type { MqttDevice } from '../../../drivers/mqtt/kind.ts';
import { openAuthority } from '../../tools/certificates.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { freePort, until } from '../../tools/program.ts';
import { jsonDevice, openLink, point } from './open-link.ts';

const dir = mkdtempSync(join(tmpdir(), 'mqtt-change-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** What a client was told when it signed in, and its connection's end. */
interface Signed {
  readonly client: MqttClient;
  readonly sessionPresent: boolean;
  isClosed(): boolean;
}

/** By its password, or as `null` only by what it shows. */
async function sign(url: string, username: string | null, options: IClientOptions = {}): Promise<Signed> {
  const client = connect(url, {
    ...(username !== null && { username, password: `${username}-secret` }),
    protocolVersion: 4,
    reconnectPeriod: 0,
    clientId: 'one',
    clean: false,
    ...options,
  });
  let isClosed = false;
  client.on('close', () => {
    isClosed = true;
  });
  client.on('error', () => {});
  const sessionPresent = await new Promise<boolean>((resolve, reject) => {
    client.once('connect', (packet) => resolve(packet.sessionPresent));
    client.once('error', reject);
    client.once('close', () => reject(new Error('closed before it was let in')));
  });
  return { client, sessionPresent, isClosed: () => isClosed };
}

const edited = (id: string, options: Partial<MqttDevice['options']>): MqttDevice => {
  const device = jsonDevice(id);
  return { ...device, options: { ...device.options, ...options } };
};

const openOne = async (devices: readonly MqttDevice[], clock?: FakeClock) => {
  const port = await freePort();
  const air = await openLink({ listen: `127.0.0.1:${port}` }, devices, clock);
  await until(() => air.link.status().state === 'up', 'the listener');
  return { air, url: `mqtt://127.0.0.1:${port}` };
};

/** `a` is connected, with a session and a subscription to its commands; `b` is its neighbour. */
const [a, b] = [jsonDevice('a'), jsonDevice('b')];
const anew = (device: MqttDevice): MqttDevice => structuredClone(device);

describe.each([
  ['it is equal, made anew', [anew(a), anew(b)], 'stays', {}],
  ['another one joins', [a, b, jsonDevice('c')], 'stays', {}],
  ['all stand in another order', [b, a], 'stays', {}],
  ['its point is read otherwise', [{ ...a, points: [point('a', 'v', { source: { json: '$.v' } })] }, b], 'stays', {}],
  ['it has a certificate too', [edited('a', { certificate: { fingerprint: 'ab'.repeat(32) } }), b], 'stays', {}],
  ['its topic is one above', [edited('a', { topic: 'sensors' }), edited('b', { topic: 'other/b' })], 'stays', {}],
  ['its password is another', [edited('a', { password: 'new' }), b], 'ends', { password: 'new', session: true }],
  ['its user name is another', [edited('a', { username: 'x' }), b], 'ends', { username: 'x', session: true }],
  ['it has no password', [edited('a', { password: undefined }), b], 'ends', undefined],
  ['its topic is elsewhere', [edited('a', { topic: 'other/a' }), b], 'ends', { session: false }],
  ['its topic is below', [edited('a', { topic: 'sensors/a/1' }), b], 'ends', { session: false }],
  ['it is gone', [b], 'ends', undefined],
  ['another one has all that it had', [edited('n', { ...a.options, username: 'a' }), b], 'ends', { session: false }],
  ['its user is now the neighbour', [edited('b', { ...b.options, username: 'a' })], 'ends', undefined],
] as const)('of one that is connected, when %s', (_, devices, what, again) => {
  test(again === undefined ? `the connection ${what}, for good` : `the connection ${what}`, async () => {
    const { air: opened, url } = await openOne([a, b]);
    await using air = opened;
    const neighbour = await sign(url, 'b');
    const own = await sign(url, 'a', {
      password: 'a-secret',
      will: { topic: 'sensors/a', payload: Buffer.from('{"state":1}'), qos: 1, retain: false },
    });
    await own.client.subscribeAsync('sensors/a/set', { qos: 1 });
    air.change(devices);
    if (what === 'stays') {
      await own.client.publishAsync('sensors/a', '{"state":0,"v":7}', { qos: 1 });
      await until(() => air.readings.length === 1, 'its reading');
      expect([own.isClosed(), neighbour.isClosed(), air.count('disconnects')]).toEqual([false, false, 0]);
      own.client.end(true);
    } else {
      await until(own.isClosed, 'its end');
      const options = { password: 'a-secret', ...again };
      const back = again === undefined ? undefined : await sign(url, 'a', options);
      if (back === undefined) await expect(sign(url, 'a', { password: 'a-secret' })).rejects.toThrow();
      expect(back?.sessionPresent).toBe(again?.session);
      // Its will is not its word: it was closed by us.
      expect(air.values()).toEqual([]);
      back?.client.end(true);
    }
    if (devices.some((device) => device === b)) expect(neighbour.isClosed()).toBe(false);
    neighbour.client.end(true);
  });
});

test('rights are those of now: the old topic is closed, and the new one open, on the same connection', async () => {
  const { air: opened, url } = await openOne([a, b]);
  await using air = opened;
  const own = await sign(url, 'a');
  air.change([edited('a', { topic: 'other/a' }), b]);
  await own.client.publishAsync('other/a', '{"state":1}', { qos: 1 });
  expect(air.values()).toEqual(['a/state alarm']);
  await expect(own.client.subscribeAsync('sensors/a/set')).rejects.toThrow();
  own.client.publish('sensors/a', '{"state":0}');
  await until(own.isClosed, 'its end');
  expect([air.values().length, air.count('refusedPublishes')]).toEqual([1, 1]);
});

test('who was unknown is known at once, and signs in', async () => {
  const { air: opened, url } = await openOne([a]);
  await using air = opened;
  for (const name of ['b', 'stranger']) await expect(sign(url, name)).rejects.toThrow();
  expect(air.link.status().unknown?.map(({ id }) => id)).toEqual(['stranger', 'b']);
  const exchange = air.link.change?.([a, b]);
  expect(air.link.status().unknown).toHaveLength(2);
  await expect(sign(url, 'b')).rejects.toThrow();
  exchange?.();
  expect(air.link.status().unknown?.map(({ id }) => id)).toEqual(['stranger']);
  expect(air.link.status().devices).toMatchObject({ b: { answers: false, code: 'not-connected' } });
  const { client } = await sign(url, 'b');
  await client.publishAsync('sensors/b', '{"state":1}', { qos: 1 });
  expect(air.values()).toEqual(['b/state alarm']);
  await client.endAsync();
});

test('of two that were made ready one is called: what the other said never was', async () => {
  const { air: opened, url } = await openOne([a, b]);
  await using air = opened;
  const [own, neighbour] = [await sign(url, 'a'), await sign(url, 'b')];
  const [withoutA, withoutB] = [air.link.change?.([b]), air.link.change?.([a])];
  expect(Object.keys(air.link.status().devices)).toEqual(['a', 'b']);
  withoutB?.();
  await until(neighbour.isClosed, 'the end of b');
  await own.client.publishAsync('sensors/a', '{"state":1}', { qos: 1 });
  expect(Object.keys(air.link.status().devices)).toEqual(['a']);
  // Late, and yet right.
  withoutA?.();
  await until(own.isClosed, 'the end of a');
  expect(Object.keys(air.link.status().devices)).toEqual(['b']);
  neighbour.client.end(true);
});

test('whoever signs in while the devices become others is in as they are then, or not', async () => {
  const { air: opened, url } = await openOne([a, b]);
  await using air = opened;
  for (let turns = 0; turns < 60; turns++) {
    // What it has subscribed to is looked up before it is let in.
    const { client } = await sign(url, 'a');
    await client.subscribeAsync('sensors/a/set', { qos: 1 });
    await client.endAsync();
    const signing = sign(url, 'a').catch(() => undefined);
    for (let n = 0; n < turns; n++) await new Promise((resolve) => setImmediate(resolve));
    air.change([b]);
    const signed = await signing;
    await until(() => signed?.isClosed() ?? true, 'its end');
    signed?.client.end(true);
    air.change([a, b]);
  }
  await until(() => air.count('connects') === air.count('disconnects'), 'the end of all');
  const { sessionPresent, client } = await sign(url, 'a');
  expect(sessionPresent).toBe(false);
  client.end(true);
});

test.each([
  ['is taken away', [b]],
  ['has another password', [edited('a', { password: 'new' }), b]],
])('one that floods %s: what was held back of its connection is nobody’s', async (_, devices) => {
  const { air: opened, url } = await openOne([a, b]);
  await using air = opened;
  const own = await sign(url, 'a');
  for (let n = 0; n < 400; n++) own.client.publish('sensors/a', '{"state":0}', { qos: 1 }, () => {});
  await until(() => air.count('heldBack') > 20, 'the brake');
  await until(() => air.readings.length >= 200, 'what was not held back');
  air.change(devices);
  await until(own.isClosed, 'its end');
  const neighbour = await sign(url, 'b');
  // What waited for the rules has been judged by then.
  await neighbour.client.publishAsync('sensors/b', '{"state":1}', { qos: 1 });
  const count = air.readings.length;
  // As long as the last that was held back would have waited.
  for (let n = 0; n < 3; n++) {
    await neighbour.client.publishAsync('sensors/b', '{"state":1}', { qos: 1 });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(new Set(air.values().slice(count))).toEqual(new Set(['b/state alarm']));
  await neighbour.client.endAsync();
});

test('silence goes on for those that are equal, and begins for those that are not', async () => {
  const clock = new FakeClock();
  const every = (id: string, ms: number) => jsonDevice(id, ms);
  const { air: opened } = await openOne([every('a', 10_000), every('b', 10_000)], clock);
  await using air = opened;
  await clock.advance(20_000);
  air.change([every('a', 10_000), every('b', 20_000), every('c', 10_000)]);
  await clock.advance(9999);
  expect(air.values()).toEqual([]);
  await clock.advance(1);
  await until(() => air.readings.length === 1, 'the silence of a');
  await clock.advance(20_000);
  await until(() => air.readings.length === 4, 'the silence of c');
  expect(air.values().toSorted()).toEqual(
    ['a/state', 'a/state', 'a/state', 'c/state'].map((key) => `${key} no-answer`),
  );
  await clock.advance(30_000);
  expect(air.values()).toContain('b/state no-answer');
});

test('a change after the end is nothing, and one while it ends neither', async () => {
  const { air, url } = await openOne([a, b]);
  const own = await sign(url, 'a');
  const exchange = air.link.change?.([b]);
  const ending = air[Symbol.asyncDispose]();
  exchange?.();
  await ending;
  air.link.change?.([a])?.();
  await until(own.isClosed, 'its end');
});

describe('at the other doors', () => {
  const authority = openAuthority(dir);
  const server = authority.issue('localhost');
  const mine = authority.issue('c');
  const fingerprint = async () => {
    const { createHash, X509Certificate } = await import('node:crypto');
    return createHash('sha256')
      .update(new X509Certificate(readFileSync(mine.cert)).raw)
      .digest('hex');
  };

  test('the first device that is known by its certificate joins: it is asked for it, and nobody at TLS or WebSocket is disconnected', async () => {
    const [port, web] = [await freePort(), await freePort()];
    const tls = { listen: `127.0.0.1:${port}`, cert: server.cert, key: server.key };
    const websocket = { listen: `127.0.0.1:${web}`, tls: true };
    await using air = await openLink({ tls, websocket }, [a, b]);
    await until(() => air.link.status().state === 'up', 'the listeners');
    const trusted = { host: 'localhost', ca: readFileSync(authority.cert) };
    const shown = { ...trusted, cert: readFileSync(mine.cert), key: readFileSync(mine.key) };
    const urls = [`mqtts://localhost:${port}`, `wss://localhost:${web}/mqtt`];
    const signed = [await sign(urls[0] ?? '', 'a', trusted), await sign(urls[1] ?? '', 'b', trusted)];
    const c = {
      ...jsonDevice('c'),
      options: { topic: 'sensors/c', certificate: { fingerprint: await fingerprint() } },
    };
    for (const url of urls) await expect(sign(url, null, shown)).rejects.toThrow();
    air.change([a, b, c]);
    for (const url of urls) {
      const { client } = await sign(url, null, shown);
      await client.publishAsync('sensors/c', '{"state":1}', { qos: 1 });
      await client.endAsync();
    }
    expect(signed.map((each) => each.isClosed())).toEqual([false, false]);
    const byName = { ...c, options: { topic: 'sensors/c', certificate: { fingerprint: 'ab'.repeat(32) } } };
    const own = await sign(urls[0] ?? '', null, shown);
    air.change([a, b, byName]);
    await until(own.isClosed, 'the end of one whose certificate is another');
    for (const { client } of signed) client.end(true);
  });
});
