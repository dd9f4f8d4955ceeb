import { connectAsync, type MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import type { OutputView } from '../../gateway/outputs/output.ts';
import { openMosquitto } from '../tools/mosquitto.ts';
import { openPlainSlave } from '../tools/plain-slave.ts';
import { freePort, testWith, until } from '../tools/program.ts';
import { openRealGateway, type RealGateway, type Session } from './real-gateway.ts';

const TOPIC = 'out/siren-1';
const WATER = 6;

/** A siren that is told over MQTT: it does what it is told, or has a vice, and says how it is. */
class Siren implements AsyncDisposable {
  readonly #port: number;
  #client: MqttClient | undefined;
  is = 'off';
  vice: 'none' | 'mute' | 'stuck' = 'none';

  constructor(port: number) {
    this.#port = port;
  }

  async join(): Promise<void> {
    const url = `mqtt://127.0.0.1:${this.#port}`;
    const client = await connectAsync(url, {
      username: 'siren-1',
      password: 'secret',
      reconnectPeriod: 300,
      protocolVersion: 4,
    });
    this.#client = client;
    client.on('error', () => {});
    client.on('message', (_, payload) => {
      if (this.vice === 'none') this.is = JSON.parse(payload.toString()).siren ?? this.is;
      if (this.vice !== 'mute') this.report();
    });
    const begin = () => client.subscribe(`${TOPIC}/set`, { qos: 1 }, () => this.report());
    client.on('connect', begin);
    begin();
  }

  report(): void {
    this.#client?.publish(TOPIC, JSON.stringify({ siren: this.is, beacon: 'off', tamper: 'closed' }), { qos: 1 });
  }

  async leave(): Promise<void> {
    await this.#client?.endAsync(true);
    this.#client = undefined;
  }

  [Symbol.asyncDispose] = () => this.leave();
}

async function open(air: string, siren: Siren) {
  const stack = new AsyncDisposableStack();
  const gauge = stack.use(await openPlainSlave());
  gauge.registers.set(WATER, 0);
  stack.use(siren);
  const files = {
    'profiles/gauge.yaml': `profile: gauge
protocol: modbus
every: 100ms
points:
  - { id: depth, quantity: water.depth, unit: cm, register: { table: holding, address: ${WATER}, type: u16 } }`,
    'links.yaml': `links:
  - { id: gauge, kind: modbus-tcp, host: 127.0.0.1, port: ${gauge.port}, timeout: 30s }
  - ${air}`,
    'devices.yaml': `devices:
  - { id: water-1, profile: gauge, link: gauge, address: 1 }
  - { id: siren-1, profile: siren-beacon-mqtt, link: air, topic: ${TOPIC}, password: "\${env:SIREN}" }`,
    'rules.yaml': `outputs: [{ id: siren, kind: siren, point: siren-1/siren }]
rules:
  - id: wet
    title: { zh: 积水, en: Water }
    on: { quantity: water.depth }
    levels: { orange: { atLeast: 25 } }
    outputs: [{ output: siren, levels: { orange: "on" } }]`,
  };
  const gateway = stack.use(await openRealGateway('outputs-mqtt', { files, env: { SIREN: 'secret' } }));
  await gateway.start();
  return { gauge, gateway, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const stateOf = async (gateway: RealGateway) => (await gateway.ask<OutputView[]>({ ask: 'outputs' }))[0]?.state;

async function told(api: Session): Promise<string[]> {
  const { events } = await api.get<{
    events: { type: string; data: { code: string | null; readBack: string | null } }[];
  }>('events');
  const ours = events.filter(({ type }) => type.startsWith('city.gengfu.output.')).toReversed();
  return ours.map(({ type, data }) => `${type.slice(type.lastIndexOf('.') + 1)} ${data.code ?? data.readBack}`);
}

async function ownPoints(api: Session): Promise<unknown[]> {
  const { points } = await api.get<{ points: { key: string; last: { value: unknown } | null }[] }>('points');
  return ['state', 'followed'].map((id) => points.find(({ key }) => key === `output:siren/${id}`)?.last?.value);
}

test('a siren over MQTT follows its alarm, also after kill -9 and however it was changed meanwhile; a stop makes it safe', async () => {
  const port = await freePort();
  const siren = new Siren(port);
  await using all = await open(`{ id: air, kind: mqtt, listen: "127.0.0.1:${port}" }`, siren);
  const { gauge, gateway } = all;
  await siren.join();
  await until(async () => (await stateOf(gateway)) === 'safe', 'it to be safe');
  gauge.registers.set(WATER, 40);
  await until(() => siren.is === 'on', 'the siren');
  // Somebody at the box: it is switched back.
  siren.is = 'off';
  siren.report();
  await until(() => siren.is === 'on', 'the siren again');

  await gateway.kill();
  siren.is = 'off';
  await gateway.start();
  await until(() => siren.is === 'on', 'the siren after a start');
  await gateway.kill();
  gauge.registers.set(WATER, 0);
  await gateway.start();
  await until(() => siren.is === 'off', 'silence after a start');
  gauge.registers.set(WATER, 40);
  await until(() => siren.is === 'on', 'the siren a third time');
  expect(await gateway.stop()).toBe(0);
  await until(() => siren.is === 'off', 'silence after the end');
});

test('what does not follow is told with what the world did: it says nothing, says otherwise, is not there; and when it follows again', async () => {
  const port = await freePort();
  const siren = new Siren(port);
  await using all = await open(`{ id: air, kind: mqtt, listen: "127.0.0.1:${port}" }`, siren);
  const { gauge, gateway } = all;
  await siren.join();
  await until(async () => (await stateOf(gateway)) === 'safe', 'it to be safe');
  const api = await gateway.signIn();
  siren.vice = 'mute';
  gauge.registers.set(WATER, 40);
  await until(async () => (await told(api)).at(-1) === 'failed no-answer', 'its silence');
  siren.vice = 'none';
  await until(async () => (await told(api)).at(-1) === 'restored on', 'its return');
  siren.vice = 'stuck';
  gauge.registers.set(WATER, 0);
  await until(async () => (await told(api)).at(-1) === 'failed read-back-differs', 'what it says');
  expect(await stateOf(gateway)).toBe('failed');
  // Rules and the page have it as points of its own.
  await until(async () => (await ownPoints(api)).join() === 'on,failed', 'its points');
  siren.vice = 'none';
  await until(async () => (await told(api)).at(-1) === 'restored off', 'its return');
  await until(async () => (await ownPoints(api)).join() === 'off,followed', 'its points');
  await siren.leave();
  gauge.registers.set(WATER, 40);
  // It may be on its way back to the broker for so long after a start.
  await until(async () => (await told(api)).at(-1) === 'failed not-connected', 'its absence');
  await siren.join();
  await until(() => siren.is === 'on', 'the siren');
  expect((await told(api)).length).toBeLessThanOrEqual(6);
});

testWith('mosquitto')('the same over another broker, which goes away and comes back', async () => {
  await using broker = await openMosquitto();
  const siren = new Siren(broker.port);
  await using all = await open(`{ id: air, kind: mqtt, url: "mqtt://127.0.0.1:${broker.port}" }`, siren);
  const { gauge, gateway } = all;
  await siren.join();
  await until(async () => (await stateOf(gateway)) === 'safe', 'it to be safe');
  const api = await gateway.signIn();
  await broker.stop();
  gauge.registers.set(WATER, 40);
  await until(async () => (await told(api)).at(-1) === 'failed link-down', 'the loss');
  expect(siren.is).toBe('off');
  await broker.start();
  await until(() => siren.is === 'on', 'the siren');
  expect(await gateway.stop()).toBe(0);
  await until(() => siren.is === 'off', 'silence after the end');
});
