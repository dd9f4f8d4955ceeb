import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXPECTED_EVENTS } from './expected-events.ts';

let folder = '';
let site = '';
let recording = '';

const node = (args: readonly string[]) => {
  const env = { ...process.env, GENGFU_DEMO_MQTT_PASSWORD: 'of-no-use-here' };
  return spawnSync(process.execPath, [...args], { encoding: 'utf8', maxBuffer: 256 * 2 ** 20, env });
};

interface Told {
  readonly type: string;
  readonly time: string;
  readonly subject: string;
  readonly sequence: string;
  readonly data: Readonly<Record<string, unknown>> & { readonly permit: { readonly status: string } | null };
}

const replay = (...args: string[]): Told[] => {
  const { stdout, stderr, status } = node(['gateway/main.ts', 'replay', '--site', site, ...args]);
  expect(status, stderr).toBe(0);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Told);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gengfu-night-'));
  site = join(folder, 'site');
  await cp('config/demo', site, { recursive: true });
  for (const name of await readdir(site, { recursive: true })) {
    if (!name.endsWith('.yaml')) continue;
    const text = await readFile(join(site, name), 'utf8');
    const bus = 'kind: modbus-rtu, port: /dev/ttyUSB0, baud: 9600, parity: none';
    await writeFile(join(site, name), text.replaceAll('__BUS_1__', bus).replace(/__[A-Z0-9_]+_PORT__/g, '1502'));
  }
  recording = join(folder, 'night.jsonl');
  const { stdout } = node(['firmware-sim/record.ts', 'firmware-sim/scenarios/demo-night.yaml']);
  await writeFile(recording, stdout);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const step = ({ type }: Told) => type.slice(type.lastIndexOf('.') + 1);

test('the night replayed gives its 41 changes of condition to the second, and raises nothing else', () => {
  // Nobody acts in it, so that steps are late as well: those are no changes of condition.
  const told = replay(recording, '--until', '2026-07-16T05:00:00+08:00');
  const seen = told.map((event) => ({
    at: Date.parse(event.time),
    subject: event.subject,
    type: step(event),
    level: event.data.level,
    previousLevel: step(event) === 'level-changed' ? event.data.previousLevel : null,
    permit: event.data.permit?.status ?? null,
  }));
  const wanted = EXPECTED_EVENTS.map(({ at, rule, device, point, type, level, previousLevel, permit }) => ({
    at,
    subject: `${device}/${point}/${rule}`,
    type,
    level,
    previousLevel,
    permit,
  }));
  expect(seen).toEqual(wanted);
  expect(seen).toHaveLength(41);
  expect(told.filter(({ data }) => data.again)).toEqual([]);
});

test('with what people acknowledged, every alarm but the battery that is low is closed', async () => {
  const { stdout } = node(['firmware-sim/record.ts', 'firmware-sim/scenarios/demo-night.yaml', '--people']);
  const file = join(folder, 'people.jsonl');
  await writeFile(file, stdout);
  const told = replay(file);
  const raised = told.filter((event) => step(event) === 'raised');
  const closed = told.filter((event) => step(event) === 'closed');
  const open = raised.filter(({ data }) => !closed.some((each) => each.data.alarm === data.alarm));
  expect(raised).toHaveLength(14);
  expect(open.map(({ subject }) => subject)).toEqual(['smoke-09/state/smoke-battery']);
});

test('events are numbered without gaps and chained, and say which night they belong to', () => {
  const told = replay(recording);
  expect(told.map(({ sequence }) => Number(sequence))).toEqual(told.map((_, i) => i + 1));
  const noise = told.filter(({ data }) => data.rule === 'night-construction-noise');
  for (const { data } of noise) expect(data.window).toEqual({ name: 'night', date: '2026-07-15' });
});

test('a recording that is out of order is refused at its line', async () => {
  const file = join(folder, 'bad.jsonl');
  const line = (time: string) => `{"at":"2026-07-15T${time}+08:00","device":"noise-07","point":"la","value":50}\n`;
  await writeFile(file, line('21:30:00') + line('21:30:05') + line('21:30:04'));
  const { stderr, status } = node(['gateway/main.ts', 'replay', '--site', site, file]);
  expect(status).toBe(1);
  expect(stderr).toContain('bad.jsonl:3: older than the line before it');
});
