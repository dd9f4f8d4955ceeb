import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runCommand } from '../../../gateway/commands/index.ts';
import { serveRegisters } from '../../../gateway/trial/registers.ts';
import { freePort, testWith, until } from '../../tools/program.ts';
import { startSlave } from '../../tools/pymodbus.ts';

let folder = '';
let lines: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gengfu-profile-'));
  lines = [];
  for (const way of ['log', 'error'] as const) {
    vi.spyOn(console, way).mockImplementation((text: string) => void lines.push(text));
  }
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const HEAD = `profile: meter
protocol: modbus
every: 1s
points:
  - { id: la, quantity: noise.la, register: { table: holding, address: 0, type: u16, scale: 0.1 }, range: [30, 130] }
`;
const DEPTH =
  '  - { id: depth, quantity: water.depth, unit: mm, from: height, register: { table: holding, address: 1, type: u16 } }\n';

async function file(text: string, name = 'meter.yaml'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}
const tried = async (path: string, ...args: string[]) => {
  const status = await runCommand(['profile', 'try', path, ...args]);
  return { status, said: lines.map((line) => line.replace(`${folder}/`, '')) };
};

test('its own tests are run through the real decoder, and each point is shown raw and as a value', async () => {
  const tests =
    'tests:\n  - { is: a street, height: 4.2m, holding: { 0: [583, 3950] }, expect: { la: 58.3, depth: 25 } }\n';
  expect(await tried(await file(HEAD + DEPTH + tests))).toEqual({
    status: 0,
    said: [
      'a street: ok',
      '  point  raw   value  unit   quality',
      '  la     0247  58.3   dB(A)  good',
      '  depth  0F6E  25     cm     good',
      'ok: 1 tests',
    ],
  });
});

test('a test that is not met says what came, exit 1', async () => {
  const tests =
    'tests:\n  - { is: a street, holding: { 0: 300 }, expect: { la: 31 } }\n  - { is: loud, holding: { 0: 1400 }, expect: { la: 140 } }\n';
  const { status, said } = await tried(await file(HEAD + tests));
  expect(said.filter((line) => /is |ok/i.test(line))).toEqual([
    'a street: NOT OK',
    '    la is 30, not 31',
    'loud: NOT OK',
    '    la is 140 bad out-of-range, not 140',
    'not ok: 2 of 2 tests',
  ]);
  expect(status).toBe(1);
});

test.each<[string, string, RegExp]>([
  [
    'an unknown key',
    HEAD.replace('scale', 'scaled'),
    /^meter\.yaml:5:\d+: unknown key "scaled": did you mean "scale"\?$/,
  ],
  [
    'two values in one register',
    `${HEAD}  - { id: lb, quantity: noise.leq, register: { table: holding, address: 0, type: u32 } }\ntests: [{ is: x, holding: { 0: 1 }, expect: { la: 1 } }]\n`,
    /meter\.yaml:6:\d+: .*u32 at 0 overlaps la/,
  ],
  [
    'a depth without a height',
    `${HEAD}${DEPTH}tests: [{ is: x, holding: { 0: 400 }, expect: { la: 40 } }]\n`,
    /height: is missing: depth is the device's height/,
  ],
  [
    'data of another protocol',
    `${HEAD}tests: [{ is: x, payload: { la: 40 }, expect: { la: 40 } }]\n`,
    /no registers are given/,
  ],
  ['a template', HEAD.replace('every', 'template: true\nevery'), /a template: say where each point stands/],
  ['no YAML', 'points: [', /^meter\.yaml:\d+:\d+: YAML/],
])('%s is told, exit 1', async (_sentence, text, problem) => {
  const { status, said } = await tried(await file(text));
  expect(
    said.some((line) => problem.test(line)),
    said.join('\n'),
  ).toBe(true);
  expect(status).toBe(1);
});

test('data from a file are put through it, exit 1 where a point is not good', async () => {
  const path = await file(HEAD);
  expect((await tried(path, '--data', await file('holding: { 0x0000: 0x0247 }', 'street.yaml'))).status).toBe(0);
  expect(lines.at(-1)).toBe('  la     0247  58.3   dB(A)  good');
  expect((await tried(path, '--data', await file('holding: { 0: 1 }', 'quiet.yaml'))).status).toBe(1);
  expect(lines.at(-1)).toBe('  la     0001  0.1    dB(A)  bad: out-of-range');
});

test.each<[string, string, RegExp]>([
  ['data that are no YAML', 'holding: {', /^raw\.yaml:\d+:\d+: YAML/],
  ['data of no kind', 'holding: { 0: 1 }\nis: 5', /^raw\.yaml:2:1: unknown key "is"/],
])('%s are told at their place, exit 1', async (_, text, problem) => {
  const { status, said } = await tried(await file(HEAD), '--data', await file(text, 'raw.yaml'));
  expect(said[0]).toMatch(problem);
  expect(status).toBe(1);
});

test('what is neither a file nor a model that ships is wrong usage, with what was perhaps meant', async () => {
  const { status, said } = await tried('generic-smok');
  expect(said[0]).toMatch(/neither a file nor a profile that ships; .*generic-smoke/);
  expect(status).toBe(2);
});

test('a real device is read once by a model that ships, named alone', async () => {
  await using server = await serveRegisters({ holding: { 0: [3850, 0, 1] } });
  const { status } = await tried(
    'mxs485-ultrasonic',
    '--link',
    `modbus-tcp://127.0.0.1:${server.port}`,
    '--height',
    '4.2m',
  );
  expect(lines).toEqual([
    '  point     raw   value  unit  quality',
    '  distance  0F0A  3850   mm    good',
    '  depth     0F0A  35     cm    good',
    '  echo      0001  ok           good',
  ]);
  expect(status).toBe(0);
});

test('a device that nobody hears: its points are bad, why is said, exit 3', async () => {
  const { status } = await tried('renke-rs-zs', '--link', `modbus-tcp://127.0.0.1:${await freePort()}`);
  expect(lines.slice(1)).toEqual(['  la          -      dB(A)  bad: link-down', expect.stringMatching(/ECONNREFUSED/)]);
  expect(status).toBe(3);
});

testWith('pymodbus')('a slave that we did not write is read by its address', async () => {
  const port = await freePort();
  await using slave = startSlave('tcp', port);
  const path = await file(HEAD.replace('range: [30, 130] ', ''));
  const link = `modbus-tcp://127.0.0.1:${port}?timeout=2s`;
  await until(async () => {
    lines = [];
    return (await tried(path, '--link', link, '--address', '1')).status === 0;
  }, `the slave: ${slave.output()}`);
  expect(lines.at(-1)).toMatch(/^ {2}la {5}[0-9A-F]{4} {2}\S+ +dB\(A\) {2}good$/);
});

test.each<[string, string[], RegExp]>([
  ['no verb', [], /a verb is wanted/],
  ['another verb', ['eat'], /no verb 'eat'/],
  ['no file', ['try'], /FILE is wanted/],
  ['a link that is none', ['try', 'renke-rs-zs', '--link', 'telnet://x'], /--link: telnet:\/\/x is none of/],
  [
    'a link for a device that speaks by itself',
    ['try', 'generic-smoke', '--link', 'modbus-tcp://h'],
    /only a Modbus device/,
  ],
  ['data and a link', ['try', 'renke-rs-zs', '--data', 'x', '--link', 'y'], /not both/],
  ['a height without a unit', ['try', 'renke-rs-zs', '--height', '4'], /--height: must be a number and a unit/],
  ['a model that does not ship', ['show', 'renke-rs-sz'], /did you mean "renke-rs-zs"\?/],
])('%s is wrong usage, exit 2', async (_sentence, args, said) => {
  expect(await runCommand(['profile', ...args])).toBe(2);
  expect(lines.join('\n')).toMatch(said);
});

test('those that ship are listed with their protocol, templates told apart', async () => {
  expect(await runCommand(['profile', 'list'])).toBe(0);
  expect(lines.length).toBeGreaterThanOrEqual(20);
  expect(lines.find((line) => line.startsWith('generic-fume '))).toMatch(/modbus +template +油烟/);
});
