import { Aedes } from 'aedes';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../firmware-sim/listen.ts';
import { parseScenario } from '../../firmware-sim/load.ts';
import { runMqttDevices } from '../../firmware-sim/mqtt-devices.ts';
import { freePort, until } from '../tools/program.ts';
import { handTime } from './hand-time.ts';

const scenario = parseScenario(`
scenario: air
start: 2026-07-15T21:30:00+08:00
end: 2026-07-15T22:30:00+08:00
links: { air: { kind: mqtt } }
devices:
  - id: cover-1
    link: air
    topic: sensors/cover-1
    every: 10min
    while: { above: 10, every: 10s }
    points: [{ id: tilt, json: tilt, steps: [["21:30", 1], ["21:31", 24], ["21:32", 1.5]] }]
  - id: smoke-1
    link: air
    topic: sensors/smoke-1
    every: 10min
    absent: [["21:31", "21:33"]]
    points: [{ id: state, json: state, steps: [["21:30", normal], ["21:32", alarm], ["21:34", test]] }]
  - id: dead-1
    link: air
    topic: sensors/dead-1
    every: 10min
    persona: silent
    points: [{ id: state, json: state, steps: [["21:30", normal]] }]
`);

test('each device signs in by itself, waits for the broker, and reports as its scenario says', async () => {
  const port = await freePort();
  const alive = new AbortController();
  onTestFinished(() => alive.abort());
  const time = handTime(scenario.start);
  const access = { url: `mqtt://127.0.0.1:${port}`, password: 'secret' };
  const running = runMqttDevices(scenario, 'air', time, access, alive.signal);

  const signedIn = new Map<string, string>();
  const heard: string[] = [];
  const broker = await Aedes.createBroker({
    authenticate: (client, username, password, done) => {
      signedIn.set(client.id, `${username}:${password}`);
      done(null, true);
    },
  });
  broker.on('publish', ({ topic, payload }, client) => {
    if (client !== null) heard.push(`${topic} ${payload}`);
  });
  await using _line = await listen(port, (socket) => broker.handle(socket));
  await until(() => signedIn.size === 3 && heard.length === 2, 'all devices, and what they say of themselves');
  time.set(scenario.start + 5 * 60_000);
  await until(() => heard.some((message) => message.includes('test')), 'the last report');
  alive.abort();
  await running;
  await new Promise<void>((resolve) => {
    broker.close(resolve);
  });

  expect(signedIn.get('cover-1')).toBe('cover-1:secret');
  expect(signedIn.get('smoke-1')).toBe('smoke-1:secret');
  const of = (id: string) =>
    heard.filter((message) => message.startsWith(`sensors/${id} `)).map((message) => message.split(' ')[1]);
  const cover = of('cover-1');
  expect(cover.at(0)).toBe('{"tilt":1}');
  expect(cover.filter((payload) => payload === '{"tilt":24}')).toHaveLength(6);
  expect(cover.at(-1)).toBe('{"tilt":1.5}');
  expect(of('smoke-1')).not.toContain('{"state":"alarm"}');
  expect(of('smoke-1').at(-1)).toBe('{"state":"test"}');
  expect(of('dead-1')).toEqual([]);
});
