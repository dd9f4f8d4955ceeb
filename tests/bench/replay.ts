import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openZone } from '../../gateway/kit/zone.ts';
import { NIGHT } from '../tools/judged.ts';
import type { Figure } from './figure.ts';

const DEVICES = 200;
const POINTS = [
  { id: 'la', quantity: 'noise.la', unit: 'dB(A)' },
  { id: 'depth', quantity: 'water.depth', unit: 'cm' },
  { id: 't', quantity: 'temperature', unit: 'Cel' },
  { id: 'level', quantity: 'water.level', unit: 'm' },
  { id: 'battery', quantity: 'battery.level', unit: '"%"' },
];
/** What is asked, readings a second. */
const LEAST = 100_000;
const BARE = join(import.meta.dirname, 'bare-parse.mjs');

const limit = (id: string, quantity: string, level: string) =>
  `  - { id: ${id}, title: { zh: 限, en: Limit }, on: { quantity: ${quantity} }, levels: { ${level} } }`;
const FILES: Readonly<Record<string, readonly string[]>> = {
  'site.yaml': ['gateway: bench-01', 'timeZone: Asia/Shanghai', 'clock: { trust: always }'],
  'links.yaml': ['links: [{ id: bus, kind: modbus-tcp, host: 127.0.0.1, port: 5020 }]'],
  'profiles/five.yaml': [
    'profile: five',
    'title: { zh: 测, en: Five }',
    'protocol: modbus',
    'every: 1s',
    'points:',
    ...POINTS.map(
      ({ id, quantity, unit }, i) =>
        `  - { id: ${id}, quantity: ${quantity}, unit: ${unit}, register: { table: holding, address: ${i}, type: u16 } }`,
    ),
  ],
  'devices.yaml': [
    'devices:',
    ...Array.from({ length: DEVICES }, (_, i) => `  - { id: d-${i}, profile: five, link: bus, address: ${i + 1} }`),
  ],
  'rules.yaml': [
    'rules:',
    '  - id: leq',
    '    title: { zh: 声, en: Noise }',
    '    on: { quantity: noise.la }',
    '    measure: { kind: leq, over: 5min, coverage: 75% }',
    '    levels: { yellow: { above: 55 }, orange: { above: 60 }, red: { above: 65 } }',
    '    clear: { by: 2, for: 1min }',
    limit('wet', 'water.depth', 'red: { above: 20 }'),
    limit('hot', 'temperature', 'red: { above: 60 }'),
    limit('high', 'water.level', 'red: { above: 6 }'),
    limit('flat', 'battery.level', 'yellow: { below: 20 }'),
  ],
};

/** Each device at an instant of its own, as history exports them. */
function record(file: string, seconds: number): void {
  const isCsv = file.endsWith('.csv');
  const { encode } = openZone('Asia/Shanghai');
  const out = openSync(file, 'w');
  if (isCsv) writeSync(out, 'at,device,point,value\n');
  for (let second = 0; second < seconds; second++) {
    let text = '';
    for (let i = 0; i < DEVICES; i++) {
      const at = encode(NIGHT + second * 1000 + i * 5);
      const device = `d-${i}`;
      const values = [45 + ((i * 7 + second * 13) % 170) / 10, (i + second) % 10, 20.5, 3, 97];
      for (const [n, { id }] of POINTS.entries()) {
        const value = values[n];
        text += isCsv ? `${at},${device},${id},${value}\n` : `${JSON.stringify({ at, device, point: id, value })}\n`;
      }
    }
    writeSync(out, text);
  }
  closeSync(out);
}

/** Seconds of CPU time that a process used, its start included, which a busy machine does not stretch. */
function cpuSeconds(...args: readonly string[]): number {
  const script = 'TIMEFORMAT="%U %S"; time "$@" > /dev/null';
  const { stderr, status } = spawnSync('bash', ['-c', script, 'bash', process.execPath, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  const [user = Number.NaN, system = Number.NaN] = stderr.trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  return user + system;
}

/** `gengfu replay` of 1,000 points each second, from a file to events, by a process of its own. */
export function replayRecordings(main: string, seconds: number): Figure[] {
  const dir = mkdtempSync(join(tmpdir(), 'gengfu-bench-'));
  const site = join(dir, 'site');
  try {
    mkdirSync(join(site, 'profiles'), { recursive: true });
    for (const [name, lines] of Object.entries(FILES)) writeFileSync(join(site, name), `${lines.join('\n')}\n`);
    return ['recording.jsonl', 'recording.csv'].map((name): Figure => {
      const file = join(dir, name);
      record(file, seconds);
      const ours = cpuSeconds(main, 'replay', '--site', site, file);
      const bare = cpuSeconds(BARE, file);
      rmSync(file);
      const rate = (seconds * DEVICES * POINTS.length) / ours;
      const times = `${(ours / bare).toFixed(2)} times what a bare loop takes that parses the lines`;
      return {
        name: `replay of ${name.slice(name.indexOf('.') + 1)}, start to end, readings a second of CPU time`,
        asked: `${LEAST}`,
        measured: `${Math.round(rate)}: ${times}`,
        ofBound: LEAST / rate,
      };
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
