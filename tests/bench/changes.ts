import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { askGateway, type DoorRequest } from '../../gateway/door.ts';
import { freePort, type Running, start, until } from '../tools/program.ts';
import type { Figure } from './figure.ts';
import { openSlave, type Slave } from './slave.ts';

const MOST_DELAY_MS = 20;
const PERMITS = 10_000;
/** Units of one link: half of what Modbus has room for, so that one can be added. */
const UNITS = 100;
const EVERY_S = 1;
const RULES = 5;
/** How long a quiet gateway is looked at, to hold the others against. */
const QUIET_MS = 10_000;
const AFTER_MS = 3000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** `UNITS` devices on each link, the last link for those that are added. */
interface Files {
  readonly devices: number;
  /** Of the fifth rule: its window is filled anew when it is another one. */
  readonly limit: number;
}

function filesOf({ devices, limit }: Files, slaves: readonly Slave[], listen: number): Record<string, string> {
  const rule = (id: string, what: string) =>
    `  - { id: ${id}, title: { zh: 测, en: ${id} }, on: { quantity: water.depth }, ${what} }`;
  return {
    'site.yaml': [
      'gateway: bench-01',
      'timeZone: Asia/Shanghai',
      'clock: { trust: always }',
      `console: { listen: "127.0.0.1:${listen}" }`,
    ].join('\n'),
    'links.yaml': [
      'links:',
      ...slaves.map(({ port }, i) => `  - { id: bus-${i}, kind: modbus-tcp, host: 127.0.0.1, port: ${port} }`),
    ].join('\n'),
    'profiles/one-register.yaml': [
      'profile: one-register',
      'title: { zh: 测, en: One register }',
      'protocol: modbus',
      `every: ${EVERY_S}s`,
      'points: [{ id: depth, quantity: water.depth, unit: cm, register: { table: holding, address: 0, type: u16 } }]',
    ].join('\n'),
    'devices.yaml': [
      'devices:',
      ...Array.from({ length: devices }, (_, i) => {
        const [link, unit] = [Math.floor(i / UNITS), (i % UNITS) + 1];
        return `  - { id: d-${i}, name: 第 ${i} 号, profile: one-register, link: bus-${link}, address: ${unit}, place: { grid: JS-${i % 20} } }`;
      }),
    ].join('\n'),
    'rules.yaml': [
      'rules:',
      rule('wet', 'levels: { yellow: { above: 20000 }, red: { above: 30000 } }, hold: 30s'),
      rule('rising', 'levels: { orange: { above: 500 } }, measure: { kind: rate, over: 1min, coverage: 25% }'),
      rule('lost', 'kind: silent, after: 10min, level: blue'),
      rule('work', 'levels: { yellow: { above: 25000 } }, permit: { kind: night-work, cap: blue }'),
      rule('mean', `levels: { yellow: { above: ${limit} } }, measure: { kind: mean, over: 10min, coverage: 50% }`),
    ].join('\n'),
  };
}

/** What installers and officers send while a gateway of so many devices works: how late its main loop is meanwhile. */
async function changesOf(main: string, devices: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gengfu-bench-'));
  const [site, data, probed] = [join(folder, 'site'), join(folder, 'data'), join(folder, 'delay')];
  const reads: number[] = [];
  const slaves = await Promise.all(
    Array.from({ length: devices / UNITS + 1 }, (_, link) =>
      openSlave(() => {
        reads[link] = (reads[link] ?? 0) + 1;
        return 100;
      }),
    ),
  );
  /** By the links that nothing is added to. */
  const taken = () => sum(reads.slice(0, slaves.length - 1));
  const listen = await freePort();
  const write = async (files: Files) => {
    for (const [name, text] of Object.entries(filesOf(files, slaves, listen)))
      await writeFile(join(site, name), `${text}\n`);
  };
  await mkdir(join(site, 'profiles'), { recursive: true });
  await write({ devices, limit: 21_000 });
  const idle = spawn(process.execPath, ['tests/bench/idle.mjs'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const idleLines = createInterface({ input: idle.stdout })[Symbol.asyncIterator]();
  const gateway: Running = start(
    process.execPath,
    ['--import', './tests/bench/loop-probe.mjs', main, 'run', '--site', site, '--data', data, '--log', 'warn'],
    { LOOP_PROBE: probed },
  );
  const lines = async () => (await readFile(probed, 'utf8').catch(() => '')).split('\n').slice(0, -1);
  /** p99.9 and most of the gateway’s and of an idle process’s since they were last asked, ms. */
  const delay = async (): Promise<readonly [share: number, most: number, idle: number]> => {
    idle.stdin.write('\n');
    const [, bare = Number.NaN] = String((await idleLines.next()).value)
      .split(' ')
      .map(Number);
    const { length } = await lines();
    gateway.process.kill('SIGUSR2');
    const line = await until(async () => (await lines())[length], `a line of the probe: ${gateway.output()}`);
    const [share = Number.NaN, most = Number.NaN] = line.split(' ').map(Number);
    return [share, most, bare];
  };
  try {
    await until(() => gateway.output().includes('Console: '), 'the gateway', 60_000);
    await pause(QUIET_MS);
    await delay();
    const quiet = { from: performance.now(), reads: taken() };
    await pause(QUIET_MS);
    const rate = (taken() - quiet.reads) / (performance.now() - quiet.from);
    const figures: Figure[] = [];
    const measure = async (name: string, ask: DoorRequest) => {
      await delay();
      const before = taken();
      const from = performance.now();
      await askGateway(data, ask);
      const took = performance.now() - from;
      await pause(AFTER_MS);
      const kept = (taken() - before) / (performance.now() - from) / rate;
      const [share, most, bare] = await delay();
      const ms = (value: number) => `${value.toFixed(1)} ms`;
      figures.push({
        name: `${name}, ${devices} devices x ${RULES} rules: the main loop’s longest delay less that of an idle process`,
        asked: `under ${MOST_DELAY_MS} ms`,
        measured: `${ms(most - bare)}: ${ms(most)} and ${ms(bare)}, p99.9 ${ms(share)}; took ${took.toFixed(0)} ms, the others kept ${(100 * kept).toFixed(0)} % of their rate`,
        ofBound: Math.max(0, most - bare) / MOST_DELAY_MS,
      });
    };
    await write({ devices, limit: 22_000 });
    await measure('a rule changed', { ask: 'site-reload' });
    await write({ devices, limit: 22_000 });
    const device = { profile: 'one-register', link: `bus-${slaves.length - 1}`, address: 1 };
    await measure('a device adopted', { ask: 'site-adopt', asked: { device } });
    await measure('a site put back', { ask: 'site-back', number: 1 });
    const text = [
      '编号,设备,开始日期,结束日期,时段,状态',
      ...Array.from({ length: PERMITS }, (_, i) => `N-${i},d-${i % devices},2020-01-01,2099-12-31,22:00-02:00,已报备`),
    ].join('\n');
    await measure(`${PERMITS} permits imported`, { ask: 'permits-import', text, file: 'p.csv', check: false });
    return figures;
  } finally {
    idle.kill();
    await gateway[Symbol.asyncDispose]();
    for (const slave of slaves) await slave[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + (value ?? 0), 0);

/** Sites of 200 and of 1,000 devices. */
export async function changesWhileRunning(main: string, isQuick: boolean): Promise<Figure[]> {
  const figures = await changesOf(main, 200);
  return isQuick ? figures : [...figures, ...(await changesOf(main, 1000))];
}
