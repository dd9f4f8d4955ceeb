import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { openCity } from '../../firmware-sim/city/city.ts';
import { encodeLine } from '../../firmware-sim/city/line.ts';
import { Numbers } from '../../firmware-sim/city/numbers.ts';
import { parseScenario } from '../../firmware-sim/load.ts';
import { until } from '../tools/program.ts';
import { handTime } from './hand-time.ts';

const scenario = parseScenario(`
scenario: city
start: 2026-07-15T23:50:00+08:00
end: 2026-07-16T05:00:00+08:00
links: {}
devices: []
city: { cut: [["23:58:00", "00:36:00"]] }
`);

test.each([
  ['all in order', [1, 2, 3], { first: 1, last: 3, received: 3, missing: 0, twice: 0, outOfOrder: 0 }],
  ['one came twice', [1, 2, 2, 3], { first: 1, last: 3, received: 3, missing: 0, twice: 1, outOfOrder: 0 }],
  ['two are missing', [4, 5, 8], { first: 4, last: 8, received: 3, missing: 2, twice: 0, outOfOrder: 0 }],
  ['one came late', [4, 6, 5], { first: 4, last: 6, received: 3, missing: 0, twice: 0, outOfOrder: 1 }],
  ['late, and then again', [4, 6, 5, 5], { first: 4, last: 6, received: 3, missing: 0, twice: 1, outOfOrder: 1 }],
])('numbers: %s', (_sentence, numbers, counts) => {
  const taken = new Numbers();
  for (const number of numbers) taken.take(number);
  expect(taken.counts).toEqual(counts);
});

const event = (sequence: number) =>
  JSON.stringify({
    type: 'city.gengfu.alarm.level-changed',
    time: '2026-07-15T22:34:50.000+08:00',
    sequence: String(sequence),
    data: {
      rule: 'night-construction-noise',
      device: 'noise-07',
      level: 'red',
      previousLevel: 'orange',
      value: 65.00326,
      unit: 'dB(A)',
    },
  });

test('an event is one line', () => {
  expect(encodeLine(JSON.parse(event(42)), 480)).toBe(
    '22:34:50  level-changed  orange → red     night-construction-noise@noise-07  65.003 dB(A)  #42',
  );
});

test('the platform takes and counts events, hears a last will when its line is cut, and is back on the same port', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gengfu-city-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'received.jsonl');
  const time = handTime(scenario.start);
  const lines: string[] = [];
  const alive = new AbortController();
  {
    await using city = await openCity(scenario, time, { port: 0, file }, (line) => lines.push(line));
    const running = city.run(alive.signal);
    const url = `mqtt://127.0.0.1:${city.port}`;
    const status = 'gengfu/v1/gw-1/status';
    const will = { topic: status, payload: Buffer.from('offline'), qos: 1 as const, retain: true };
    const gateway = await connectAsync(url, { reconnectPeriod: 0, will });
    await gateway.publishAsync('gengfu/v1/gw-1/events', event(1), { qos: 1 });
    await gateway.publishAsync('gengfu/v1/gw-1/readings/noise-07', '[]', { qos: 1 });
    const cut = until(() => !gateway.connected, 'the cut');
    time.set(Date.parse('2026-07-15T23:58:00+08:00'));
    await cut;
    await until(() => lines.some((line) => line.includes('gw-1 says offline')), 'the last will');
    await expect(connectAsync(url, { reconnectPeriod: 0 })).rejects.toThrow('ECONNREFUSED');
    time.set(Date.parse('2026-07-16T00:36:00+08:00'));
    await until(() => lines.some((line) => line.includes('the line is back')), 'the line');
    const again = await connectAsync(url, { reconnectPeriod: 0 });
    for (const number of [1, 2, 4]) await again.publishAsync('gengfu/v1/gw-1/events', event(number), { qos: 1 });
    expect(city.numbers.get('gw-1')?.counts).toMatchObject({ received: 3, missing: 1, twice: 1 });
    alive.abort();
    await running;
    await again.endAsync(true);
    await gateway.endAsync(true);
  }
  expect(lines.at(-1)).toMatch(/gw-1: 3 events, #1 to #4, 1 missing, 1 twice$/);
  expect(lines.filter((line) => line.endsWith('(again)'))).toHaveLength(1);
  const kept = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(kept.filter(({ topic }) => topic.endsWith('/events'))).toHaveLength(4);
  expect(JSON.parse(kept[0]?.payload).sequence).toBe('1');
});
