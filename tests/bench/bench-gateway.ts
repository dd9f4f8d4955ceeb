import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Running, start } from '../tools/program.ts';

export interface BenchSite {
  readonly modbusPort: number;
  readonly units: number;
  readonly every: string;
  readonly mqttPort: number;
}

/** A site on disk for a real gateway process: `units` devices of one register, one rule over all, one city. */
export interface BenchGateway extends AsyncDisposable {
  /** Its own folder, which goes with it. */
  readonly folder: string;
  /** A process of it, as `dist/` or from the checkout. */
  start(main: string): Running;
}

/** Values above are an alarm. */
export const LIMIT = 20_000;
export const EVENTS_TOPIC = 'gengfu/v1/bench-01/events';

export async function openBenchGateway(options: BenchSite): Promise<BenchGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'gengfu-bench-'));
  const site = join(folder, 'site');
  const console_ = await freePort();
  const device = (i: number) => `  - { id: d-${i}, profile: one-register, link: bus, address: ${i} }`;
  const files: Readonly<Record<string, string>> = {
    'site.yaml': [
      'gateway: bench-01',
      'timeZone: Asia/Shanghai',
      'clock: { trust: always }',
      `console: { listen: "127.0.0.1:${console_}" }`,
      `upstreams: [{ id: city, kind: mqtt, url: "mqtt://127.0.0.1:${options.mqttPort}" }]`,
    ].join('\n'),
    'links.yaml': `links: [{ id: bus, kind: modbus-tcp, host: 127.0.0.1, port: ${options.modbusPort} }]`,
    'profiles/one-register.yaml': [
      'profile: one-register',
      'title: { zh: 测, en: One register }',
      'protocol: modbus',
      `every: ${options.every}`,
      'points: [{ id: depth, quantity: water.depth, unit: cm, register: { table: holding, address: 0, type: u16 } }]',
    ].join('\n'),
    'devices.yaml': ['devices:', ...Array.from({ length: options.units }, (_, i) => device(i + 1))].join('\n'),
    'rules.yaml': [
      'rules:',
      '  - id: wet',
      '    title: { zh: 积水, en: Wet }',
      '    on: { quantity: water.depth }',
      `    levels: { red: { above: ${LIMIT} } }`,
    ].join('\n'),
  };
  await mkdir(join(site, 'profiles'), { recursive: true });
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(site, name), `${text}\n`)));
  const data = join(folder, 'data');
  return {
    folder,
    start: (main) => start(process.execPath, [main, 'run', '--site', site, '--data', data, '--log', 'warn']),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}
