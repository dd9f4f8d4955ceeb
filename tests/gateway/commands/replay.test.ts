import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runCommand } from '../../../gateway/commands/index.ts';

const rules = (limit: number) =>
  `rules:\n  - { id: wet, title: { zh: 积水, en: Wet }, on: { device: d-1 }, levels: { yellow: { above: ${limit} } } }\n`;
const SITE: Readonly<Record<string, string>> = {
  'site.yaml': 'gateway: g-1\ntimeZone: Asia/Shanghai\nclock: { trust: always }\n',
  'links.yaml': 'links: [{ id: bus, kind: modbus-tcp, host: 127.0.0.1, port: 5020 }]\n',
  'profiles/one.yaml':
    'profile: one\ntitle: { zh: 测, en: One }\nprotocol: modbus\nevery: 10s\n' +
    'points: [{ id: depth, quantity: water.depth, unit: cm, register: { table: holding, address: 0, type: u16 } }]\n',
  'devices.yaml': 'devices: [{ id: d-1, profile: one, link: bus, address: 1 }]\n',
  'rules/a.yaml': rules(10),
};
const RECORDING = [
  'at,device,point,value',
  '2026-07-15T22:00:00+08:00,d-1,depth,0',
  '2026-07-15T22:01:00+08:00,d-1,depth,7',
  '2026-07-15T22:02:00+08:00,d-1,depth,0',
  '2026-07-15T22:03:00+08:00,d-1,depth,12',
  '2026-07-15T22:04:30+08:00,d-1,depth,0',
].join('\n');

let dir = '';
let out = '';
let told: string[] = [];

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(dir, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gengfu-replay-'));
  out = '';
  told = [];
  vi.spyOn(console, 'error').mockImplementation((text: string) => void told.push(text.replaceAll(dir, 'DIR')));
  vi.spyOn(process.stdout, 'write').mockImplementation((text, done) => {
    out += String(text).replaceAll(dir, 'DIR');
    // Called with a text and what to do then.
    (done as unknown as () => void)();
    return true;
  });
  await put(Object.fromEntries(Object.entries(SITE).map(([name, text]) => [`site/${name}`, text])));
  await put({ 'r.csv': RECORDING });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dir, { recursive: true, force: true });
});

const replay = (...args: string[]) => runCommand(['replay', '--site', join(dir, 'site'), join(dir, 'r.csv'), ...args]);
const compare = (other: string, ...args: string[]) => replay('--compare', join(dir, other), ...args);

test('events stand on standard output, each a line of JSON, numbered', async () => {
  expect(await replay()).toBe(0);
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.map(({ sequence, type, time }) => [sequence, type, time])).toEqual([
    ['1', 'city.gengfu.alarm.raised', '2026-07-15T22:03:00.000+08:00'],
    ['2', 'city.gengfu.alarm.returned', '2026-07-15T22:04:30.000+08:00'],
  ]);
  expect(told).toEqual([]);
});

test('a line that is wrong is named, exit 1; what was before it is told whole', async () => {
  await put({ 'r.csv': `${RECORDING}\n2026-07-15T22:05:00+08:00,d-1,depth,0\n2026-07-15T22:00:00+08:00,d-1,depth,0` });
  expect(await replay()).toBe(1);
  expect(out.trimEnd().split('\n')).toHaveLength(2);
  expect(told).toEqual(['DIR/r.csv:8: older than the line before it: sort the recording by time']);
});

test('a point that the site has not is named once, with how often it stands there', async () => {
  const more = ['2026-07-15T22:05:00+08:00,d-2,depth,9', '2026-07-15T22:06:00+08:00,d-2,depth,9'];
  await put({ 'r.csv': [RECORDING, ...more].join('\n') });
  expect(await replay()).toBe(0);
  expect(told).toEqual(['DIR/r.csv:7: warning: the site has no point d-2/depth: 2 lines are passed over']);
});

const TABLE = `DIR/r.csv: 5 readings
site  DIR/site
other DIR/OTHER

rule@point       alarms  raised  yellow min
total            1       1 → 2   1.5 → 2.5
wet@d-1/depth    1       1 → 2   1.5 → 2.5

only the other would have raised: 1
  2026-07-15T22:01:00.000+08:00  2026-07-15T22:02:00.000+08:00  yellow  wet@d-1/depth
`;

test.each([
  { says: 'a file of rules', other: 'b.yaml', files: { 'b.yaml': rules(5) } },
  { says: 'a folder of rules', other: 'rules-b', files: { 'rules-b/x.yaml': rules(5) } },
  {
    says: 'another site',
    other: 'site-b',
    files: Object.fromEntries(
      Object.entries({ ...SITE, 'rules/a.yaml': rules(5) }).map(([k, v]) => [`site-b/${k}`, v]),
    ),
  },
])('--compare with $says says what would have been otherwise', async ({ other, files }) => {
  await put(files);
  expect(await compare(other)).toBe(0);
  expect(out.replace(/ +\n/g, '\n').replace(/ {2,}/g, '  ')).toBe(
    TABLE.replace('OTHER', other).replace(/ {2,}/g, '  '),
  );
  expect(told).toEqual([]);
});

test('--json says the same to machines, in one document', async () => {
  await put({ 'b.yaml': rules(20) });
  expect(await compare('b.yaml', '--json')).toBe(0);
  const site = { alarms: 1, raised: 1, minutes: { blue: 0, yellow: 1.5, orange: 0, red: 0 } };
  const other = { alarms: 0, raised: 0, minutes: { blue: 0, yellow: 0, orange: 0, red: 0 } };
  const from = '2026-07-15T22:03:00.000+08:00';
  const to = '2026-07-15T22:04:30.000+08:00';
  expect(JSON.parse(out)).toEqual({
    recording: 'DIR/r.csv',
    site: 'DIR/site',
    other: 'DIR/b.yaml',
    readings: 5,
    total: { site, other },
    rules: [{ rule: 'wet', point: 'd-1/depth', site, other }],
    differences: [{ rule: 'wet', point: 'd-1/depth', from, to, site: 'yellow', other: null }],
    differencesLeftOut: 0,
  });
});

test.each([
  {
    says: 'rules that are wrong are named at their places',
    files: { 'b.yaml': rules(5).replace('wet', 'WET') },
    problem: /^DIR\/b.yaml:2:\d+: .*id/,
  },
  {
    says: 'a file that is not there',
    files: {},
    problem: /^DIR\/b.yaml:1:1: cannot be read: ENOENT/,
  },
  {
    says: 'a file without rules',
    files: { 'b.yaml': 'rules: []\n' },
    problem: /^DIR\/b.yaml:1:1: there are no rules here to compare with/,
  },
  {
    says: 'a file that holds something else too',
    files: { 'b.yaml': `${rules(5)}links: [{ id: x, kind: modbus-tcp, host: h, port: 1 }]\n` },
    problem: /^DIR\/b.yaml:3:\d+: links: of a file of rules to compare with, only rules are read/,
  },
  {
    says: 'a recording that is wrong',
    files: { 'b.yaml': rules(5), 'r.csv': `${RECORDING}\nnonsense` },
    problem: /^DIR\/r.csv:7: 'at' is not a time/,
  },
])('--compare prints nothing of what is wrong: $says', async ({ files, problem }) => {
  // Each has some of these.
  await put(files as Readonly<Record<string, string>>);
  expect(await compare('b.yaml')).toBe(1);
  expect(out).toBe('');
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(problem);
});

test('--json without --compare is a wrong usage', async () => {
  expect(await replay('--json')).toBe(2);
});
