import { connectAsync, type MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import type { MqttDevice } from '../../../drivers/mqtt/kind.ts';
import { freePort, until } from '../../tools/program.ts';
import { jsonDevice, openLink, point } from './open-link.ts';

const DEVICES = 200;
const CHANGES = 50;
/** Those that come, go and become otherwise. */
const RESTLESS = 10;

const value = (id: string, factor = 1): MqttDevice => ({
  ...jsonDevice(id),
  points: [point(id, 'v', { source: { json: '$.v' }, convert: { factor, offset: 0 } })],
});

/** Publishes 0, 1, 2 … at QoS 1, each once the one before has arrived, until it is told to end. */
class Publisher {
  arrived = 0;
  closes = 0;
  isOver = false;
  readonly #client: MqttClient;
  readonly #id: string;
  readonly #closed: Promise<void>;

  constructor(client: MqttClient, id: string) {
    this.#client = client;
    this.#id = id;
    client.on('error', () => {});
    this.#closed = new Promise((resolve) => {
      client.on('close', () => {
        this.closes++;
        resolve();
      });
    });
  }

  async run(): Promise<void> {
    while (!this.isOver && this.closes === 0) {
      const arrived = this.#client.publishAsync(`sensors/${this.#id}`, `{"v":${this.arrived}}`, { qos: 1 });
      // Of one that is cut off the library never tells.
      await Promise.race([arrived.then(() => this.arrived++).catch(() => {}), this.#closed]);
    }
  }

  end(): void {
    this.#client.end(true);
  }
}

test(`${CHANGES} changes while ${DEVICES} devices publish: nobody else is disconnected, nothing is lost or doubled`, async () => {
  const port = await freePort();
  const steady = Array.from({ length: DEVICES }, (_, n) => `d${n}`);
  const restless = Array.from({ length: RESTLESS }, (_, n) => `r${n}`);
  await using air = await openLink(
    { listen: `127.0.0.1:${port}` },
    steady.map((id) => value(id)),
  );
  await until(() => air.link.status().state === 'up', 'the listener');
  const sign = async (id: string) => {
    const account = { username: id, password: `${id}-secret`, protocolVersion: 4, reconnectPeriod: 0 } as const;
    return new Publisher(await connectAsync(`mqtt://127.0.0.1:${port}`, { ...account, keepalive: 0 }), id);
  };
  const publishers = await Promise.all(steady.map(sign));
  const running = publishers.map((publisher) => publisher.run());
  const guests: Publisher[] = [];
  for (let n = 0; n < CHANGES; n++) {
    const count = air.readings.length;
    const others = restless.filter((_, at) => (at + n) % 3 > 0).map((id, at) => value(id, at + n));
    // Made anew, as a loader would.
    air.change([...steady.map((id) => value(id)), ...others]);
    const joining = others[n % others.length];
    if (joining !== undefined) {
      const guest = await sign(joining.id);
      guests.push(guest);
      running.push(guest.run());
    }
    await until(() => air.readings.length > count + DEVICES / 2, 'readings between two changes');
  }
  for (const each of [...publishers, ...guests]) each.isOver = true;
  await Promise.all(running);

  const heard = new Map<string, number[]>();
  for (const { point: key, value: got } of air.readings) {
    const values = heard.get(key) ?? [];
    heard.set(key, values);
    values.push(Number(got));
  }
  const wrong = publishers.flatMap(({ arrived, closes }, n) => {
    const values = heard.get(`d${n}/v`) ?? [];
    const isWhole = values.length === arrived && values.every((got, at) => got === at);
    return isWhole && closes === 0 && arrived > 0 ? [] : [{ n, arrived, closes, values: values.length }];
  });
  expect(wrong).toEqual([]);
  expect(air.count('disconnects')).toBe(guests.reduce((sum, { closes }) => sum + closes, 0));
  expect(air.count('dropped')).toBe(0);
  for (const each of [...publishers, ...guests]) each.end();
});
