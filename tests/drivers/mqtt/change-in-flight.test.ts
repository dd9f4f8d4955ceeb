import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type MqttDevice, mqtt } from '../../../drivers/mqtt/kind.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { freePort, until } from '../../tools/program.ts';
import { chirpstackTopic, chirpstackUp, DEV_EUI } from './lorawan/messages.ts';
import { jsonDevice, point, tiltDevice } from './open-link.ts';

/** A link whose readings are taken one batch at a time. */
async function openSlowly(devices: readonly MqttDevice[], more: object = {}) {
  const [port, dir] = [await freePort(), await mkdtemp(join(tmpdir(), 'mqtt-flight-'))];
  const wire = openClock();
  const options = z.parse(mqtt.links.mqtt ?? z.never(), { listen: `127.0.0.1:${port}`, ...more });
  const link = await mqtt.open(
    { id: 'air', kind: 'mqtt', options, devices },
    { clock: wire, wire, log: silentLog, dir },
  );
  await until(() => link.status().state === 'up', 'the listener');
  const stop = new AbortController();
  const batches = link.readings(stop.signal);
  return {
    port,
    link,
    count: (name: string) => link.status().counters[name] ?? 0,
    async take() {
      const next = await batches.next();
      return (next.done ? [] : next.value).map((reading) => `${reading.point} ${reading.value ?? reading.code}`);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await batches.return(undefined);
      await link[Symbol.asyncDispose]();
      await rm(dir, { recursive: true });
    },
  };
}

const sign = async (port: number, id: string) => {
  const account = { username: id, password: `${id}-secret`, protocolVersion: 4, reconnectPeriod: 0 } as const;
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, account);
  return client.on('error', () => {});
};

const value = (id: string, factor = 1): MqttDevice => ({
  ...jsonDevice(id),
  points: [point(id, 'v', { source: { json: '$.v' }, convert: { factor, offset: 0 } })],
});
const list = (id: string, factor = 1): MqttDevice => ({ ...value(id, factor), profile: { readings: '$.list' } });

test('what waits comes out once, by the device as it is now, and is acknowledged then; of one that is gone nothing comes', async () => {
  const devices = [value('equal'), value('edited'), value('gone'), value('first')];
  await using air = await openSlowly(devices);
  const ids = ['first', 'equal', 'edited', 'gone'] as const;
  const clients = new Map(await Promise.all(ids.map(async (id) => [id, await sign(air.port, id)] as const)));
  // Of one that has subscribed the connection takes a moment to end.
  await clients.get('gone')?.subscribeAsync('sensors/gone/set');
  const acknowledged: string[] = [];
  const publish = (id: (typeof ids)[number]) =>
    clients.get(id)?.publish(`sensors/${id}`, '{"v":2}', { qos: 1 }, (error) => {
      if (!error) acknowledged.push(id);
    });
  publish('first');
  // From here on the rules are at work on it.
  expect(await air.take()).toEqual(['first/v 2']);
  for (const id of ids.slice(1)) publish(id);
  await until(() => air.count('messages') === 4, 'all messages');
  air.link.change?.([value('first'), value('equal'), value('edited', 10)])?.();
  await until(() => !clients.get('gone')?.connected, 'the end of the one that is gone');
  expect(acknowledged).toEqual([]);
  expect(await air.take()).toEqual(['equal/v 2', 'edited/v 20']);
  publish('equal');
  expect(await air.take()).toEqual(['equal/v 2']);
  await until(() => acknowledged.length === 3, 'the acknowledgements');
  expect(acknowledged.toSorted()).toEqual(['edited', 'equal', 'first']);
  expect(air.count('disconnects')).toBe(1);
  for (const client of clients.values()) client.end(true);
});

test('a list goes on where it was: by the device as it is now, or not at all', async () => {
  await using air = await openSlowly([list('equal'), list('edited'), list('gone')]);
  const clients = await Promise.all(['equal', 'edited', 'gone'].map((id) => sign(air.port, id)));
  for (const [n, client] of clients.entries()) {
    client.publish(
      `sensors/${['equal', 'edited', 'gone'][n]}`,
      '{"list":[{"v":1},{"v":2},{"v":3}]}',
      { qos: 1 },
      () => {},
    );
    await until(() => air.count('messages') === n + 1, 'the message');
  }
  expect(await air.take()).toEqual(['equal/v 1', 'edited/v 1', 'gone/v 1']);
  air.link.change?.([list('equal'), list('edited', 10)])?.();
  expect(await air.take()).toEqual(['equal/v 2', 'edited/v 20']);
  expect(await air.take()).toEqual(['equal/v 3', 'edited/v 30']);
  for (const client of clients) client.end(true);
});

test('a network server loses no acknowledgement by a device that is gone, and what came already stays known', async () => {
  const server = { kind: 'chirpstack', password: 'chirpstack-secret' };
  const devices = [tiltDevice('cover-1', DEV_EUI), jsonDevice('a')];
  await using air = await openSlowly(devices, { server });
  const [client, other] = [await sign(air.port, 'chirpstack'), await sign(air.port, 'a')];
  const send = (deduplicationId: string) =>
    new Promise<void>((resolve) => {
      const message = JSON.stringify(chirpstackUp({ deduplicationId }));
      client.publish(chirpstackTopic(), message, { qos: 1 }, () => resolve());
    });
  other.publish('sensors/a', '{"state":1}');
  expect(await air.take()).toEqual(['a/state alarm']);
  const waiting = send('one');
  await until(() => air.count('uplinks') === 1, 'the uplink');
  air.link.change?.([jsonDevice('a')])?.();
  await waiting;
  await send('two');
  expect(air.link.status().unknown?.map(({ id }) => id)).toEqual([DEV_EUI]);
  air.link.change?.(devices)?.();
  expect(air.link.status().unknown).toEqual([]);
  await send('one');
  expect(air.count('duplicates')).toBe(1);
  const last = send('three');
  expect(await air.take()).toEqual(['cover-1/z 90', 'cover-1/signal -71']);
  other.publish('sensors/a', '{"state":0}');
  expect(await air.take()).toEqual(['a/state normal']);
  await last;
  expect(air.count('disconnects')).toBe(0);
  for (const each of [client, other]) each.end(true);
});
