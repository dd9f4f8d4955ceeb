import { join } from 'node:path';
import mqtt from 'mqtt';
import { openMosquitto } from '../tools/mosquitto.ts';
import { start, until } from '../tools/program.ts';
import { EVENTS_TOPIC, LIMIT, openBenchGateway } from './bench-gateway.ts';
import { type Figure, quantile } from './figure.ts';
import { openSlave } from './slave.ts';

const EVERY_MS = 120;
const WARM_MS = 5000;
const MOST = 3;
/** Which unit each asks, and the topic on which it publishes what it read. */
const ASKING = [EVENTS_TOPIC, 'plain', 'synced'];

/** The n-th value that a unit gives: over the limit and under it by turns, and no value again for a long time. */
const valueAt = (n: number): number => (n % 2 === 0 ? LIMIT + 1 : 0) + ((n >> 1) % 10_000);

/**
 * From a slave's reply to the arrival of the PUBLISH that it caused, at a subscriber in the slave's own process: of a
 * gateway, which has the event on disk in between, of a loop that stores nothing, and of one that commits in line.
 * Each polls at another third of the period, so that the machine's noise hits all.
 */
export async function pollToPublish(main: string, seconds: number): Promise<Figure[]> {
  await using mosquitto = await openMosquitto();
  const sent = ASKING.map(() => new Map<number, number>());
  const taken = ASKING.map((): number[] => []);
  const counts = ASKING.map(() => 0);
  await using slave = await openSlave((unit) => {
    const n = (counts[unit - 1] ?? 0) + 1;
    counts[unit - 1] = n;
    const value = valueAt(n);
    sent[unit - 1]?.set(value, performance.now());
    return value;
  });
  const every = `${EVERY_MS}ms`;
  await using site = await openBenchGateway({ modbusPort: slave.port, units: 1, every, mqttPort: mosquitto.port });

  const city = await mqtt.connectAsync({ host: '127.0.0.1', port: mosquitto.port });
  await city.subscribeAsync(ASKING, { qos: 1 });
  city.on('message', (topic, payload) => {
    const arrived = performance.now();
    const index = ASKING.indexOf(topic);
    const { data } = JSON.parse(payload.toString()) as { data: { value: number } };
    const asked = sent[index]?.get(data.value);
    if (asked !== undefined) taken[index]?.push(arrived - asked);
  });

  const loop = (index: number, ...more: string[]) => {
    const numbers = [slave.port, index + 1, EVERY_MS, (EVERY_MS / ASKING.length) * index, mosquitto.port].map(String);
    return start(process.execPath, ['tests/bench/bare-loop.mjs', ...numbers, ASKING[index] ?? '', ...more]);
  };
  await using gateway = site.start(main);
  await using plain = loop(1);
  await using synced = loop(2, join(site.folder, 'synced.db'));
  const hasBegun = () => taken.every((times) => times.length > 0);
  await until(hasBegun, `all: ${gateway.output()} ${plain.output()} ${synced.output()}`, 30_000);
  await new Promise((resolve) => setTimeout(resolve, WARM_MS));
  for (const times of taken) times.length = 0;
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  await city.endAsync(true);

  return [0.5, 0.99].map((q) => {
    const [ours = Number.NaN, bare = Number.NaN, inLine = Number.NaN] = taken.map((times) => quantile(times, q));
    const ms = [ours, bare].map((each) => `${each.toFixed(2)} ms`).join(' and ');
    return {
      name: `poll to PUBLISH, durable in between, p${q * 100}`,
      asked: `at most ${MOST} times a loop that stores nothing`,
      measured:
        `${(ours / bare).toFixed(2)} times: ${ms} of ${taken[0]?.length} polls;` +
        ` a bare loop with a synced commit in line ${(inLine / bare).toFixed(2)} times`,
      ofBound: ours / bare / MOST,
    };
  });
}
