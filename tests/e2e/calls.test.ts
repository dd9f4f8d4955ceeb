import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { SerialPort } from 'serialport';
import { expect, onTestFinished } from 'vitest';
import { openPtyPair } from '../../firmware-sim/modbus/pty.ts';
import { aModem } from '../../firmware-sim/modem/modem.ts';
import { Phone } from '../../firmware-sim/modem/phone.ts';
import type { PhoneNature } from '../../firmware-sim/modem/phone-nature.ts';
import { freePort, start, testWith, until } from '../tools/program.ts';
import { openRealGateway, type RealGateway, type Session } from './real-gateway.ts';

const test = testWith('socat');
const PASSWORD = 'only-for-this-run';

/** A modem on a tty, with the phones behind it. */
async function openModem(nature: Partial<PhoneNature>): Promise<{ readonly port: string; readonly phone: Phone }> {
  const folder = await mkdtemp(join(tmpdir(), 'gengfu-calls-'));
  const pair = await openPtyPair(join(folder, 'modem'));
  const line = new SerialPort({ path: pair.devices, baudRate: 115_200 });
  const phone = new Phone({ reports: 0, ...nature }, aModem());
  phone.serve(line);
  onTestFinished(async () => {
    await new Promise<void>((resolve) => line.close(() => resolve()));
    await pair[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  return { port: pair.master, phone };
}

interface Desk {
  readonly gateway: RealGateway;
  readonly session: Session;
  publish(value: number): Promise<void>;
}

/** A gauge by MQTT, one officer, and the channels of the test. */
async function openDesk(channels: readonly string[], order: string): Promise<Desk> {
  const broker = await freePort();
  const gateway = await openRealGateway('calls-01', {
    env: { GAUGE_PASSWORD: PASSWORD, ROBOT_TOKEN: '0123456789' },
    site: [`broker: { listen: "127.0.0.1:${broker}" }`, 'channels:', ...channels.map((each) => `  - ${each}`)],
    files: {
      'links.yaml': 'links: [{ id: air, kind: mqtt }]',
      'profiles/gauge.yaml':
        'profile: gauge\nprotocol: mqtt\nevery: 1h\npoints: [{ id: depth, quantity: water.depth, json: $.depth }]',
      'devices.yaml':
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret, as a site's files write it
        'devices: [{ id: gauge, name: 南溪路下穿通道, profile: gauge, link: air, topic: gauge, password: "${env:GAUGE_PASSWORD}" }]',
      'rules.yaml':
        'rules: [{ id: wet, title: { zh: 道路积水, en: Wet }, on: { quantity: water.depth }, levels: { orange: { atLeast: 25 }, red: { atLeast: 30 } } }]',
      'people.yaml': `contacts: [{ id: li, name: 李娜, phone: "13800000001", roles: [duty] }]\nescalation: [[duty]]\nchannels: ${order}`,
    },
  });
  onTestFinished(() => gateway[Symbol.asyncDispose]());
  await gateway.start();
  const session = await gateway.signIn();
  const client = await mqtt.connectAsync({ host: '127.0.0.1', port: broker, username: 'gauge', password: PASSWORD });
  onTestFinished(() => client.endAsync(true));
  return {
    gateway,
    session,
    publish: async (depth) => void (await client.publishAsync('gauge', JSON.stringify({ depth }), { qos: 1 })),
  };
}

interface Told {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

async function eventsOf({ session }: Desk): Promise<readonly Told[]> {
  const { events } = await session.get<{ events: Told[] }>('events?after=0&limit=500');
  return events;
}

const has = async (desk: Desk, type: string) => (await eventsOf(desk)).some((event) => event.type.endsWith(type));

const untilTold = (desk: Desk, type: string) => until(() => has(desk, type), `the log to tell of ${type}`);

test('a text message goes out by the modem, is reported as delivered, and a reply acknowledges', async () => {
  const { port, phone } = await openModem({});
  const desk = await openDesk([`{ id: sms, kind: sms, modem: { port: "${port}" } }`], '[sms]');
  await desk.publish(26);
  await until(() => phone.sent.length > 0, 'a text message');
  expect(phone.sent[0]?.to).toMatch(/13800000001$/);
  const text = phone.sent.map((each) => each.text).join('');
  expect(text).toContain('【橙色】南溪路下穿通道 积水 26');
  await untilTold(desk, 'call.delivered');
  const [, code] = /回复(\d+)确认/.exec(text) ?? [];
  phone.receive('13800000001', `${code}`);
  await untilTold(desk, 'alarm.acknowledged');
  const acknowledged = (await eventsOf(desk)).find(({ type }) => type.endsWith('alarm.acknowledged'));
  expect(acknowledged?.data).toMatchObject({ by: 'li', acknowledged: true });
  const all = JSON.stringify(await eventsOf(desk)) + desk.gateway.output();
  expect(all).not.toContain('13800000001');
});

test('a stranger, or words that mean nothing, acknowledge nothing', async () => {
  const { port, phone } = await openModem({});
  const desk = await openDesk([`{ id: sms, kind: sms, modem: { port: "${port}" } }`], '[sms]');
  await desk.publish(26);
  await untilTold(desk, 'call.delivered');
  phone.receive('13999999999', '收到');
  phone.receive('13800000001', '我在路上');
  await untilTold(desk, 'alarm.noted');
  expect(await has(desk, 'alarm.acknowledged')).toBe(false);
});

test('a call is answered, the message is played, and a key acknowledges', async () => {
  const { port, phone } = await openModem({ call: 'answers', keys: '1' });
  const voice = `{ id: call, kind: voice, modem: { port: "${port}", make: simcom }, listen: 10s }`;
  const desk = await openDesk([voice], '[call]');
  await desk.publish(40);
  await untilTold(desk, 'alarm.acknowledged');
  expect(phone.dialled[0]).toMatch(/13800000001$/);
  expect(phone.played.length).toBeGreaterThan(0);
});

test('a robot that lies, and a modem that is busy: each hands over, and the log tells of all', async () => {
  const robot = createServer((_, response) => response.end('{"errcode":310000,"errmsg":"keywords not in content"}'));
  await new Promise<void>((resolve) => robot.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => void robot.close());
  const address = robot.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port, phone } = await openModem({ sms: 38 });
  const desk = await openDesk(
    [
      `{ id: desk, kind: dingtalk, token: "\${env:ROBOT_TOKEN}", url: "http://127.0.0.1:${address.port}" }`,
      `{ id: sms, kind: sms, modem: { port: "${port}" } }`,
      `{ id: call, kind: voice, modem: { port: "${port}" }, listen: 1s }`,
    ],
    '[desk, sms, call]',
  );
  // Red: nothing is waited for where there is another way.
  await desk.publish(40);
  await until(() => phone.dialled.length > 0, 'a call');
  await untilTold(desk, 'call.delivered');
  const calls = (await eventsOf(desk)).filter(({ type }) => type.includes('.call.'));
  expect(calls.map(({ type, data }) => `${type.split('.').at(-1)} ${data.channel}`)).toEqual([
    'failed desk',
    'failed sms',
    'sent call',
    'delivered call',
  ]);
});

test('a walk test reaches the duty phone: passed when the report says that it came, and marked as a test', async () => {
  const { port, phone } = await openModem({});
  const desk = await openDesk([`{ id: sms, kind: sms, modem: { port: "${port}" } }`], '[sms]');
  await desk.publish(1);
  const { gateway } = desk;
  await using tested = start(process.execPath, ['gateway/main.ts', 'walk-test', 'gauge', '--data', gateway.data]);
  const status = await tested.ended();
  expect(tested.output()).toContain('channel:sms li');
  expect(status).toBe(0);
  expect(phone.sent.map(({ text }) => text).join('')).toContain('【测试】');
  expect(await has(desk, 'device.walk-tested')).toBe(true);
  expect(await has(desk, 'call.delivered')).toBe(true);
});
