import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, connectAsync, type MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { OpenLink } from '../../../drivers/driver.ts';
import { write } from '../../../drivers/mqtt/command.ts';
import type { MqttDevice } from '../../../drivers/mqtt/kind.ts';
import { parseScenario } from '../../../firmware-sim/load.ts';
import { runMqttDevices } from '../../../firmware-sim/mqtt-devices.ts';
import { profilesIn } from '../../../firmware-sim/profiles.ts';
import { openSimTime } from '../../../firmware-sim/sim-time.ts';
import { PROFILES, siteLinkOf } from '../../firmware-sim/both-sides.ts';
import { openMosquitto } from '../../tools/mosquitto.ts';
import { freePort, start, testWith, until } from '../../tools/program.ts';
import { openLink, point } from './open-link.ts';

const relay = (id: string, within = '30s'): MqttDevice => ({
  id,
  options: { topic: `out/${id}`, password: `${id}-secret` },
  profile: {},
  points: [
    point(id, 'siren', {
      source: { json: '$.siren', write: z.parse(write, { payload: { siren: '{value}' }, within }) },
      states: { 0: 'off', 1: 'on' },
    }),
  ],
});

const SIREN = 'siren-1/siren';
const DONE = { done: true, readBack: 'on' };
const clientOf = (port: number, more: object = {}) =>
  connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, reconnectPeriod: 0, ...more });
const OWN = { username: 'siren-1', password: 'siren-1-secret' };

/** Does what it is told, and says so. */
async function obey(client: MqttClient, topic = 'out/siren-1'): Promise<void> {
  client.on('message', (_, payload) => void client.publish(topic, payload, { qos: 1 }));
  await client.subscribeAsync(`${topic}/set`, { qos: 1 });
}

test('on the embedded broker: nobody there, nobody who listens, and one who does', async () => {
  const port = await freePort();
  await using air = await openLink({ listen: `127.0.0.1:${port}` }, [relay('siren-1')]);
  await until(() => air.link.status().state === 'up', 'the listener');
  const set = (value: string) => air.link.write?.(SIREN, value);
  expect(await set('on')).toEqual({ done: false, code: 'not-connected' });
  const client = await clientOf(port, OWN);
  await until(() => air.link.status().devices['siren-1']?.answers, 'the connection');
  expect(await set('on')).toEqual({ done: false, code: 'not-subscribed' });
  await obey(client);
  expect(await set('on')).toEqual(DONE);
  expect(air.values()).toEqual([`${SIREN} on`]);
  expect(air.link.status().counters).toMatchObject({ writes: 3, writesFailed: 2 });
  await client.endAsync();
});

test('nothing waits in a session for a device that is away, and nothing is retained', async () => {
  const port = await freePort();
  await using air = await openLink({ listen: `127.0.0.1:${port}` }, [relay('siren-1')]);
  const session = { ...OWN, clientId: 'siren', clean: false };
  const client = await clientOf(port, session);
  await client.subscribeAsync('out/siren-1/#', { qos: 1 });
  await client.endAsync();
  await until(() => air.link.status().devices['siren-1']?.code === 'not-connected', 'the end of it');
  expect(await air.link.write?.(SIREN, 'on')).toEqual({ done: false, code: 'not-connected' });
  const heard: string[] = [];
  // It listens before it signs in: what waits would come with the CONNACK.
  const again = connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, reconnectPeriod: 0, ...session });
  again.on('message', (topic, payload, { retain, qos }) => heard.push(`${topic} ${payload} ${retain} ${qos}`));
  await obey(again);
  expect(await air.link.write?.(SIREN, 'on')).toEqual(DONE);
  expect(heard.filter((each) => each.includes('/set'))).toEqual(['out/siren-1/set {"siren":"on"} false 1']);
  await again.endAsync();
});

test('a command that a connection did not take is not said to the one after it', async () => {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'mqtt-writing-'));
  const session = { ...OWN, clientId: 'siren', clean: false };
  const heard: string[] = [];
  const open = () => openLink({ listen: `127.0.0.1:${port}` }, [relay('siren-1', '100ms')], undefined, { dir });
  const tellDeaf = async (link: OpenLink) => {
    const client = connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, reconnectPeriod: 0, ...session });
    client.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
    await client.subscribeAsync('out/siren-1/#', { qos: 1 });
    const { stream } = client;
    stream.removeAllListeners('data');
    stream.pause();
    expect(await link.write?.(SIREN, 'on')).toEqual({ done: false, code: 'no-answer' });
    return () => void client.end(true);
  };
  {
    await using air = await open();
    await until(() => air.link.status().state === 'up', 'the listener');
    (await tellDeaf(air.link))();
    await until(() => air.link.status().devices['siren-1']?.code === 'not-connected', 'the end of it');
    (await tellDeaf(air.link))();
    expect(heard).toEqual([]);
  }
  // Nor by the next run.
  await using air = await open();
  await until(() => air.link.status().state === 'up', 'the listener');
  const device = connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, reconnectPeriod: 0, ...session });
  device.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
  await device.subscribeAsync('out/siren-1/#', { qos: 1 });
  await device.publishAsync('out/siren-1/other', '{}', { qos: 1 });
  await until(() => heard.length > 0, 'what it says to itself');
  expect(heard).toEqual(['out/siren-1/other {}']);
  await device.endAsync();
  await rm(dir, { recursive: true });
});

test('what a device says where it is told what to do is no report', async () => {
  const port = await freePort();
  await using air = await openLink({ listen: `127.0.0.1:${port}` }, [relay('siren-1', '500ms')]);
  const client = await clientOf(port, OWN);
  await client.subscribeAsync('out/siren-1/set', { qos: 0 });
  const written = air.link.write?.(SIREN, 'on');
  await client.publishAsync('out/siren-1/set', '{"siren":"on"}', { qos: 1 });
  expect(await written).toEqual({ done: false, code: 'no-answer' });
  expect(air.values()).toEqual([]);
  await client.endAsync();
});

testWith('mosquitto', 'mosquitto_sub')(
  'mosquitto’s own clients hear the command and report, on the embedded broker',
  async () => {
    const port = await freePort();
    await using air = await openLink({ listen: `127.0.0.1:${port}` }, [relay('siren-1')]);
    await until(() => air.link.status().state === 'up', 'the listener');
    const server = ['-h', '127.0.0.1', '-p', String(port), '-u', 'siren-1', '-P', 'siren-1-secret', '-q', '1'];
    await using device = start('stdbuf', ['-oL', 'mosquitto_sub', ...server, '-t', 'out/siren-1/set', '-d']);
    await until(() => device.output().includes('SUBACK'), 'mosquitto_sub to subscribe');
    const written = air.link.write?.(SIREN, 'on');
    const command = await until(() => device.lines().find((line) => line.startsWith('{')), 'the command');
    await using report = start('mosquitto_pub', [...server, '-t', 'out/siren-1', '-m', command]);
    expect(await report.ended()).toBe(0);
    expect(await written).toEqual(DONE);
  },
);

testWith('mosquitto')('over another broker: away, back, and our own command is not taken for the report', async () => {
  await using broker = await openMosquitto();
  await using air = await openLink({ url: `mqtt://127.0.0.1:${broker.port}` }, [
    relay('siren-1'),
    relay('mute', '500ms'),
  ]);
  await until(() => air.link.status().state === 'up', 'the connection');
  const client = await clientOf(broker.port);
  await obey(client);
  expect(await air.link.write?.(SIREN, 'on')).toEqual(DONE);
  // We are subscribed to all below the device's topic, and hear ourselves there.
  expect(await air.link.write?.('mute/siren', 'on')).toEqual({ done: false, code: 'no-answer' });
  expect(air.values()).toEqual([`${SIREN} on`]);
  await client.endAsync();
  const pending = air.link.write?.(SIREN, 'off');
  await broker.stop();
  expect(await pending).toEqual({ done: false, code: 'link-down' });
  expect(await air.link.write?.(SIREN, 'off')).toEqual({ done: false, code: 'link-down' });
  await broker.start();
  await until(() => air.link.status().state === 'up', 'the connection again');
  const again = await clientOf(broker.port);
  await obey(again);
  expect(await air.link.write?.(SIREN, 'on')).toEqual(DONE);
  await again.endAsync();
});

/** Each model that is told over MQTT, by the simulator that has only its page of YAML. */
const TOLD = [
  ['siren-beacon-mqtt', 'siren'],
  ['shelly-switch-gen2', 'relay'],
] as const;

test.each(TOLD)(
  'the simulator of %s does what it is told; one that ignores it, or refuses, is told apart',
  async (profile, id) => {
    const port = await freePort();
    const personas = ['works', 'ignores-writes', 'refuses-writes'];
    const devices = personas.map((persona, n) => ({
      profile,
      sim: { persona, topic: `out/d${n}` },
      site: { topic: `out/d${n}` },
    }));
    const text = JSON.stringify({
      ...{ scenario: 'relays', start: '2026-07-15T21:30:00+08:00', end: '2026-07-15T22:30:00+08:00' },
      links: { link: { kind: 'mqtt' } },
      devices: devices.map(({ sim }, n) => ({ id: `d${n}`, profile, link: 'link', ...sim })),
    });
    const scenario = parseScenario(text, profilesIn([PROFILES]));
    const spec = await siteLinkOf({ kind: 'mqtt', listen: `127.0.0.1:${port}` }, devices);
    const own = (spec.devices as unknown as MqttDevice[]).map((device) => ({
      ...device,
      options: { ...device.options, password: 'secret' },
    }));
    const alive = new AbortController();
    await using air = await openLink({ listen: `127.0.0.1:${port}` }, own);
    const time = openSimTime(scenario.start, Date.now(), 1);
    const running = runMqttDevices(
      scenario,
      'link',
      time,
      { url: `mqtt://127.0.0.1:${port}`, password: 'secret' },
      alive.signal,
    );
    await until(() => new Set(air.readings.map(({ point: key }) => key)).size >= 3, 'the first reports');
    const set = (device: string, value: string) => air.link.write?.(`${device}/${id}`, value);
    expect(await set('d0', 'on')).toEqual(DONE);
    expect(await set('d0', 'off')).toEqual({ done: true, readBack: 'off' });
    const [ignored, refused] = await Promise.all([set('d1', 'on'), set('d2', 'on')]);
    expect(ignored).toEqual({ done: false, code: 'read-back-differs', readBack: 'off' });
    expect(refused).toEqual({ done: false, code: 'no-answer' });
    alive.abort();
    await running;
  },
);
