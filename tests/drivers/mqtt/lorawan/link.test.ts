// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site look like placeholders.
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { encodeProblem } from '../../../../config/check-report.ts';
import { loadSite } from '../../../../config/load.ts';
import { kinds } from '../../../../gateway/kinds.ts';
import { writeSite } from '../../../config/temporary-site.ts';
import { FakeClock } from '../../../tools/fake-clock.ts';
import { freePort, start, testWith, until } from '../../../tools/program.ts';
import { jsonDevice, openLink, tiltDevice } from '../open-link.ts';
import { base64, chirpstackTopic, chirpstackUp, DEV_EUI } from './messages.ts';

const server = { kind: 'chirpstack', username: 'ns', password: 'ns-secret' };
const devices = [tiltDevice('cover-3', DEV_EUI), jsonDevice('smoke-12')];
const uplink = (id: string, more: object = {}) => JSON.stringify(chirpstackUp({ deduplicationId: id, ...more }));

const signIn = (port: number, username = 'ns', password = 'ns-secret') =>
  connectAsync(`mqtt://127.0.0.1:${port}`, { username, password, protocolVersion: 4, reconnectPeriod: 0 });

testWith('mosquitto_sub')('a network server signs in to the embedded broker and speaks for its devices', async () => {
  const port = await freePort();
  await using air = await openLink({ listen: `127.0.0.1:${port}`, server }, devices);
  const notConnected = { answers: false, code: 'not-connected' };
  expect(air.link.status().devices).toEqual({ 'cover-3': notConnected, 'smoke-12': notConnected });
  const listens = () =>
    signIn(port, 'smoke-12', 'smoke-12-secret').then(
      (client) => client.end(true),
      () => undefined,
    );
  await until(listens, 'the broker to listen');
  const args = ['-h', '127.0.0.1', '-p', String(port), '-q', '1', '-u', 'ns', '-P', 'ns-secret'];
  await using sent = start('mosquitto_pub', [...args, '-t', chirpstackTopic(), '-m', uplink('a')]);
  await until(() => air.readings.length === 2, 'the readings');
  await until(() => sent.process.exitCode !== null, 'the program to end');
  expect(air.values()).toEqual(['cover-3/z 90', 'cover-3/signal -71']);
  expect(air.link.status().devices['cover-3']).toEqual({ answers: true });
});

test('it may not speak for a device that speaks for itself, nor such a device for it', async () => {
  const port = await freePort();
  await using air = await openLink({ listen: `127.0.0.1:${port}`, server }, devices);
  const client = await until(() => signIn(port).catch(() => undefined), 'the broker to listen');
  client.on('error', () => {});
  client.publish('sensors/smoke-12', '{"state":1}', { qos: 1 }, () => {});
  await until(() => air.count('refusedPublishes') === 1, 'the refusal');
  const device = await signIn(port, 'smoke-12', 'smoke-12-secret');
  device.on('error', () => {});
  device.publish(chirpstackTopic(), uplink('a'), { qos: 1 }, () => {});
  await until(() => air.count('refusedPublishes') === 2, 'the refusal');
  expect(air.readings).toEqual([]);
  client.end(true);
  device.end(true);
});

test('after 2.5 heartbeats without an uplink a device is offline, once a heartbeat', async () => {
  const HEARTBEAT = 43_200_000;
  const clock = new FakeClock();
  const port = await freePort();
  await using air = await openLink({ listen: `127.0.0.1:${port}`, server }, [tiltDevice('cover-3', DEV_EUI)], clock);
  const client = await until(() => signIn(port).catch(() => undefined), 'the broker to listen');
  const send = async (id: string) => {
    const before = air.readings.length;
    const data = base64('017564');
    await client.publishAsync(chirpstackTopic(), uplink(id, { data, time: new Date(clock.now()).toISOString() }), {
      qos: 1,
    });
    await until(() => air.readings.length === before + 2, 'the readings');
  };
  await clock.advance(2 * HEARTBEAT);
  await send('a');
  // What it does not carry is not silent either.
  await clock.advance(2.5 * HEARTBEAT - 1);
  expect(air.readings).toHaveLength(2);
  await clock.advance(1);
  const silent = ['cover-3/z no-answer', 'cover-3/battery no-answer', 'cover-3/signal no-answer'];
  await until(() => air.readings.length === 5, 'the silence');
  expect(air.values().slice(2)).toEqual(silent);
  expect(air.link.status().devices['cover-3']).toEqual({ answers: false, code: 'no-answer' });
  await clock.advance(HEARTBEAT);
  await until(() => air.readings.length === 8, 'the next');
  await send('b');
  expect(air.link.status().devices['cover-3']).toEqual({ answers: true });
  await client.endAsync();
});

const PROFILE = `profile: tilt
protocol: mqtt
codec: milesight-em310-tilt
every: 12h
points: [{ id: x, quantity: tilt.x, field: angle-x }]
`;

test.each([
  { is: 'right', link: 'server: { kind: chirpstack, password: "${env:NS}" }', problems: [] },
  { is: 'right, on another broker', link: 'url: "mqtt://10.0.0.7", server: tts', problems: [] },
  {
    is: 'no network server',
    link: '',
    problems: ['its link names no network server: give the link server: chirpstack, or server: tts'],
  },
  {
    is: 'a network server that cannot sign in',
    link: 'server: tts',
    problems: ['cannot connect to the embedded broker'],
  },
  { is: 'a network server that nobody knows', link: 'server: loriot', problems: ['server: '] },
  {
    is: 'an account for another broker, and none',
    link: 'username: gw, server: { kind: tts, password: "${env:NS}" }',
    problems: ['is for another broker: give its url, or take it away'],
  },
  {
    is: 'a certificate without its key',
    link: 'url: "mqtts://h", server: tts, cert: a',
    problems: ['a certificate and its key'],
  },
  { is: 'an address of no broker', link: 'url: "http://h", server: tts', problems: ['must be mqtt://host:port'] },
  { is: 'credentials in the address', link: 'url: "mqtt://a@h", server: tts', problems: ['must not hold credentials'] },
  { is: 'a topic', link: 'url: "mqtt://h", server: tts', device: 'topic: a', problems: ['the device needs a devEui'] },
  {
    is: 'a topic and a DevEUI',
    link: 'url: "mqtt://h", server: tts',
    device: `topic: a, devEui: "${DEV_EUI}"`,
    problems: ['and not both'],
  },
  {
    is: 'a DevEUI of another length',
    link: 'url: "mqtt://h", server: tts',
    device: 'devEui: "24e1"',
    problems: ['must be 16 hex digits'],
  },
  {
    is: 'a DevEUI without quotes, which YAML may take for a number',
    link: 'url: "mqtt://h", server: tts',
    device: 'devEui: 1234567890123456',
    problems: ['devEui'],
  },
  {
    is: 'a field that its codec has not',
    link: 'url: "mqtt://h", server: tts',
    profile: PROFILE.replace('angle-x', 'angle'),
    problems: ['there is no "angle"; there are angle-x, angle-y'],
  },
  {
    is: 'a path in place of a field',
    link: 'url: "mqtt://h", server: tts',
    profile: PROFILE.replace('field: angle-x', 'json: $.x'),
    problems: ['the point needs a field of milesight-em310-tilt: it has none'],
  },
  {
    is: 'a field without a codec',
    link: 'url: "mqtt://h"',
    profile: PROFILE.replace('codec: milesight-em310-tilt\n', ''),
    device: 'topic: a',
    problems: ['its profile has no codec: the point needs a path'],
  },
  {
    is: 'a DevEUI twice, however it is written',
    link: 'url: "mqtt://h", server: tts',
    more: `  - { id: e, profile: tilt, link: air, devEui: "${DEV_EUI.toUpperCase()}" }\n`,
    problems: [`${DEV_EUI} is the DevEUI of d`],
  },
  {
    is: 'a topic below the network server’s',
    link: 'url: "mqtt://h", server: tts',
    more: '  - { id: e, profile: generic-tilt, link: air, topic: v3/e }\n',
    problems: ["v3/e lies below the network server's topic v3"],
  },
])(
  'a site whose device has $is',
  async ({ link, profile = PROFILE, device = `devEui: "${DEV_EUI}"`, more = '', problems }) => {
    await using site = await writeSite({
      'site.yaml': `gateway: g\ntimeZone: UTC\nbroker: { listen: "127.0.0.1:1883" }\nlinks: [{ id: air, kind: mqtt, ${link} }]\n`,
      'devices/d.yaml': `devices:\n  - { id: d, profile: tilt, link: air, ${device} }\n${more}`,
      'profiles/tilt.yaml': profile,
    });
    const loaded = await loadSite(site.dir, kinds, { env: { NS: 'ns-for-test' } });
    expect(loaded.problems.map(encodeProblem)).toEqual(problems.map((text) => expect.stringContaining(text)));
  },
);
