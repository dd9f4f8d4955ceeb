import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { askGateway } from '../../gateway/door.ts';
import type { GatewayStatus } from '../../gateway/gateway.ts';
import { freePort, type Running, start, until } from '../tools/program.ts';

const PASSWORD = 'only-for-this-run';
const DEVICES = 20;

/** A real gateway process on a site of its own, with devices that publish by MQTT; it can be killed and started again. */
export interface SoakedGateway extends AsyncDisposable {
  readonly data: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** The highest durable sequence of the gateway that runs. */
  head(): Promise<number>;
  /** What it prints, of its present life. */
  output(): string;
}

/** One rule on `devices` points, one event at least for each value that crosses 5. */
export async function openSoakedGateway(upstreamPort: number): Promise<SoakedGateway & { readonly broker: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'gengfu-soak-'));
  const [broker, console_] = [await freePort(), await freePort()];
  const site = join(folder, 'site');
  const data = join(folder, 'data');
  await mkdir(join(site, 'profiles'), { recursive: true });
  const device = (i: number) =>
    `  - { id: s-${i}, profile: soaked, link: air, topic: s/${i}, password: "\${env:SOAK_PASSWORD}" }`;
  const files: Readonly<Record<string, string>> = {
    'site.yaml': [
      'gateway: soak-01',
      'name: soak',
      'timeZone: Asia/Shanghai',
      'clock: { trust: always }',
      `console: { listen: "127.0.0.1:${console_}" }`,
      `broker: { listen: "127.0.0.1:${broker}" }`,
      `upstreams: [{ id: city, kind: mqtt, url: "mqtt://127.0.0.1:${upstreamPort}", from: all }]`,
    ].join('\n'),
    'links.yaml': 'links: [{ id: air, kind: mqtt }]',
    'profiles/soaked.yaml':
      'profile: soaked\ntitle: { zh: 测, en: soaked }\nprotocol: mqtt\nevery: 1s\n' +
      'points: [{ id: depth, quantity: water.depth, unit: cm, json: $.depth }]',
    'devices.yaml': ['devices:', ...Array.from({ length: DEVICES }, (_, i) => device(i))].join('\n'),
    'rules.yaml':
      'rules: [{ id: wet, title: { zh: 积水, en: Wet }, on: { quantity: water.depth }, levels: { blue: { above: 5 }, red: { above: 30 } } }]',
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(site, name), `${text}\n`)));
  let running: Running | undefined;
  return {
    data,
    broker,
    head: async () => ((await askGateway(data, { ask: 'status' })) as GatewayStatus).ledger.head,
    output: () => running?.output() ?? '',
    async start() {
      const args = ['gateway/main.ts', 'run', '--site', site, '--data', data, '--log', 'warn'];
      const program = start(process.execPath, args, { SOAK_PASSWORD: PASSWORD });
      running = program;
      await until(
        () => program.output().includes('Console: ') || program.process.exitCode !== null,
        'the gateway',
        60_000,
      );
      if (program.process.exitCode !== null) throw new Error(`the gateway ended: ${program.output()}`);
    },
    async kill() {
      const child = running?.process;
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await running?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Twenty devices that publish values over and under the limits as fast as asked; each connects again by itself. */
export function openStorm(port: number, messagesPerSecond: number): Disposable & { readonly sent: () => number } {
  let sent = 0;
  let turn = 0;
  const clients = Array.from({ length: DEVICES }, (_, i) => {
    const client = mqtt.connect({
      host: '127.0.0.1',
      port,
      username: `s-${i}`,
      password: PASSWORD,
      reconnectPeriod: 100,
    });
    client.on('error', () => {});
    return client;
  });
  const timer = setInterval(() => {
    const i = turn++ % DEVICES;
    const client = clients[i];
    if (client?.connected !== true) return;
    sent++;
    const depth = [0, 10, 40, 10][Math.floor(turn / DEVICES) % 4];
    client.publish(`s/${i}`, JSON.stringify({ depth }), { qos: 0 });
  }, 1000 / messagesPerSecond);
  return {
    sent: () => sent,
    [Symbol.dispose]() {
      clearInterval(timer);
      for (const client of clients) client.end(true);
    },
  };
}
