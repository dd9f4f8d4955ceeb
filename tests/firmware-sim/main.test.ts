import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { parseScenario } from '../../firmware-sim/load.ts';
import { encodeRtu } from '../../firmware-sim/modbus/rtu.ts';
import { encodeTcp } from '../../firmware-sim/modbus/tcp.ts';
import { encodeStormScenario, encodeStormSite } from '../../firmware-sim/storm.ts';
import { freePort, type Running, start, until } from '../tools/program.ts';

const NIGHT = 'firmware-sim/scenarios/demo-night.yaml';
const sim = (...args: readonly string[]) => start(process.execPath, ['firmware-sim/main.ts', ...args]);

async function ready(program: Running) {
  const line = () => program.lines().find((each) => each.startsWith('ready '));
  await until(
    () => line() !== undefined || program.process.exitCode !== null,
    () => `ready: ${program.output()}`,
  );
  const found = line();
  if (found === undefined) throw new Error(program.output());
  return JSON.parse(found.slice('ready '.length));
}

async function ask(port: number, request: Buffer): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  socket.write(request);
  const [answer] = await once(socket, 'data');
  return answer;
}

const isOpen = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    onTestFinished(() => {
      socket.destroy();
    });
  });

const READ_ONE = Buffer.from([3, 0, 0, 0, 1]);

test('one command starts all programs of the night, says where they are, and ends them when told', async () => {
  const broker = await freePort();
  // The scenario's 22:20 is now, and stays so for the test.
  const args = ['--rate', '0.001', '--real-start', String(Date.now() - 3_000_000_000), '--ports'];
  await using program = sim(NIGHT, ...args, JSON.stringify({ 'bus-1': 0, broker }));
  const { reach, placeholders } = await ready(program);
  for (const id of ['noise-07', 'fume-03', 'water-05', 'cover-33', 'smoke-12', 'cabinet-01', 'city']) {
    expect(program.output()).toMatch(new RegExp(`^${id} `, 'm'));
  }
  expect(placeholders).toMatchObject({
    __BUS_1__: `kind: modbus-rtu-over-tcp, host: 127.0.0.1, port: ${reach['bus-1'].port}, baud: 115200`,
    __BROKER_PORT__: String(broker),
    __CABINET_PORT__: String(reach.cabinet.port),
  });
  const noise = await ask(reach['bus-1'].port, encodeRtu(4, READ_ONE));
  expect(Math.abs(noise.readUInt16BE(3) - 620)).toBeLessThanOrEqual(3);
  expect(await ask(reach['tcp-1'].port, encodeTcp(1, 2, READ_ONE))).toEqual(encodeTcp(1, 2, Buffer.from([3, 2, 0, 0])));
  expect(await isOpen(reach.city.port)).toBe(true);
  program.process.kill('SIGTERM');
  expect(await program.ended()).toBe(0);
  expect(program.output()).toContain('bus-1: 1 requests, 1 replies, 0 collisions');
  for (const port of [reach['bus-1'].port, reach['tcp-1'].port, reach.cabinet.port, reach.city.port]) {
    expect(await isOpen(port)).toBe(false);
  }
});

test('the programs end when the one that started them is killed', async () => {
  await using program = sim(NIGHT, '--ports', '{"bus-1": 0, "broker": 1}');
  const { reach } = await ready(program);
  program.process.kill('SIGKILL');
  await until(async () => !(await isOpen(reach.city.port)) && !(await isOpen(reach['tcp-1'].port)), 'their end');
});

test.each([
  ['no scenario', [], 2, 'one SCENARIO is wanted'],
  ['ports that are no JSON', [NIGHT, '--ports', '{'], 2, '--ports: JSON is wanted'],
  ['an unknown part', [NIGHT, '--parts', 'devices,moon'], 2, '--parts: moon is none of devices, city, people'],
  ['a scenario that is not there', ['nowhere.yaml'], 1, 'nowhere.yaml: ENOENT: no such file'],
  ['people without a password', [NIGHT, '--parts', 'people'], 3, 'people need GENGFU_DEMO_PEOPLE'],
])('with %s it ends and says why', async (_sentence, args, status, message) => {
  await using program = sim(...args);
  const code = await program.ended();
  expect(program.output()).toContain(message);
  expect(code).toBe(status);
});

test('a port that is taken ends all of it', async () => {
  const port = await freePort();
  const taken = start(process.execPath, [
    '-e',
    `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`,
  ]);
  await using _taken = taken;
  await until(() => taken.output().includes('up'), 'the port');
  await using program = sim(NIGHT, '--ports', JSON.stringify({ 'bus-1': 0, city: port }));
  const code = await program.ended();
  expect(program.output()).toContain('EADDRINUSE');
  expect(code).toBe(3);
});

test('a storm is a scenario that can be played, and a site that reads all of it', async () => {
  const options = { mqtt: 3, modbus: 2, toggleMs: 200, ports: { broker: 1, console: 2, city: 3, tcp: 4 } };
  const scenario = parseScenario(encodeStormScenario(options));
  expect(scenario.devices).toHaveLength(5);
  const site = encodeStormSite(options);
  expect(parse(site['devices/storm.yaml'] ?? '').devices.map(({ id }: { id: string }) => id)).toEqual(
    scenario.devices.map(({ id }) => id),
  );

  const folder = mkdtempSync(join(tmpdir(), 'gengfu-storm-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'storm.yaml'), encodeStormScenario(options));
  await using program = sim(join(folder, 'storm.yaml'), '--ports', '{"broker": 1}');
  const { reach } = await ready(program);
  const seen = new Set<number>();
  await until(async () => {
    seen.add((await ask(reach.tcp.port, encodeTcp(1, 1, READ_ONE))).readUInt16BE(9));
    return seen.size === 2;
  }, 'both values');
  expect(seen).toEqual(new Set([100, 900]));
});

test('a device is made from a profile that stands in a folder given, or that the scenario names', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gengfu-profiles-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const scenario = `scenario: models
start: 2026-07-15T21:30:00+08:00
end: 2026-07-15T22:30:00+08:00
profiles: [own]
links: { tcp: { kind: modbus-tcp } }
devices:
  - { id: noise-1, profile: renke-rs-zs, link: tcp, unit: 1, values: { la: 61.5 } }
  - { id: own-1, profile: own-meter, link: tcp, unit: 2 }
`;
  const own =
    'profile: own-meter\nprotocol: modbus\nevery: 1s\npoints: [{ id: a, register: { table: holding, address: 0, type: u16 } }]\ntests: [{ is: x, holding: { 0: 0x0102 }, expect: { a: 258 } }]\n';
  mkdirSync(join(folder, 'own'));
  writeFileSync(join(folder, 'own', 'own-meter.yaml'), own);
  writeFileSync(join(folder, 'models.yaml'), scenario);
  await using program = sim(join(folder, 'models.yaml'), '--profiles', 'config/profiles');
  const { reach } = await ready(program);
  const read = (unit: number, value: number) => encodeTcp(1, unit, Buffer.from([3, 2, value >> 8, value & 0xff]));
  expect(await ask(reach.tcp.port, encodeTcp(1, 1, READ_ONE))).toEqual(read(1, 615));
  expect(await ask(reach.tcp.port, encodeTcp(1, 2, READ_ONE))).toEqual(read(2, 0x0102));
});

test('without its folder a profile is missed by name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gengfu-profiles-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'models.yaml');
  writeFileSync(
    file,
    'scenario: m\nstart: 2026-07-15T21:30:00+08:00\nend: 2026-07-15T22:30:00+08:00\nlinks: { tcp: { kind: modbus-tcp } }\ndevices: [{ id: d, profile: renke-rs-zs, link: tcp, unit: 1 }]\n',
  );
  await using program = sim(file);
  const code = await program.ended();
  expect(program.output()).toContain(
    `${file}:5:29: scenario.devices.0.profile: a profile that is in a folder (--profiles DIR) is wanted, found "renke-rs-zs"`,
  );
  expect(code).toBe(1);
});
