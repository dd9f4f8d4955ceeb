import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort, start, until } from '../tools/program.ts';
import { type Figure, median } from './figure.ts';

const DEVICES = 1000;
const PERIOD_MS = 1000;
const MOST_BYTES = 250e6;
const SAMPLE_MS = 1000;

const range = (count: number) => Array.from({ length: count }, (_, n) => n);

/** A site of so many noise meters that publish, with a rule over all. */
async function writeSite(site: string, ports: { readonly broker: number; readonly console: number }): Promise<void> {
  const files: Readonly<Record<string, readonly string[]>> = {
    'site.yaml': [
      'gateway: bench-02',
      'timeZone: Asia/Shanghai',
      'clock: { trust: always }',
      `console: { listen: "127.0.0.1:${ports.console}" }`,
      `broker: { listen: "127.0.0.1:${ports.broker}" }`,
      'links: [{ id: air, kind: mqtt }]',
    ],
    'profiles/meter.yaml': [
      'profile: meter',
      'title: { zh: 测, en: Meter }',
      'protocol: mqtt',
      'every: 1s',
      'points: [{ id: la, quantity: noise.la, unit: dB(A), json: $.la }]',
    ],
    'devices.yaml': [
      'devices:',
      ...range(DEVICES).map(
        (n) => `  - { id: d-${n}, profile: meter, link: air, topic: sensors/d-${n}, password: "\${env:PW_${n}}" }`,
      ),
    ],
    'rules.yaml': [
      'rules:',
      '  - { id: loud, title: { zh: 噪声, en: Loud }, on: { quantity: noise.la }, levels: { red: { above: 120 } } }',
    ],
  };
  await mkdir(join(site, 'profiles'), { recursive: true });
  const entries = Object.entries(files);
  await Promise.all(entries.map(([name, lines]) => writeFile(join(site, name), `${lines.join('\n')}\n`)));
}

/** Of /proc/PID/status, in bytes: proc_pid_status(5). */
async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

interface Metrics {
  readonly cpu: number;
  counter(name: string): number;
}

async function metricsOf(url: string): Promise<Metrics> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const of = (line: string) => Number(new RegExp(`^${line} (\\S+)`, 'm').exec(text)?.[1] ?? 0);
  return {
    cpu: of('gengfu_cpu_seconds'),
    counter: (name) => of(`gengfu_link_count\\{link="air",counter="${name}"\\}`),
  };
}

interface Told {
  readonly sent: number;
  readonly acked: number;
  readonly lost: number;
  readonly p50: number;
  readonly p99: number;
}

/** A thousand devices that publish once a second at QoS 1 to a gateway on one core; they are in another process. */
export async function mqttDevices(main: string, seconds: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gengfu-bench-'));
  try {
    const ports = { broker: await freePort(), console: await freePort() };
    const [site, data] = [join(folder, 'site'), join(folder, 'data')];
    await writeSite(site, ports);
    const hasTaskset = spawnSync('taskset', ['-V']).status === 0;
    const run = [process.execPath, main, 'run', '--site', site, '--data', data, '--log', 'warn'];
    const [program = '', ...args] = hasTaskset ? ['taskset', '-c', '0', ...run] : run;
    const passwords = Object.fromEntries(range(DEVICES).map((n) => [`PW_${n}`, `d-${n}-pw`]));
    await using gateway = start(program, args, passwords);
    const url = `http://127.0.0.1:${ports.console}`;
    const isReady = () =>
      fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until(isReady, `the gateway: ${gateway.output()}`, 60_000);

    const clientArgs = ['tests/bench/mqtt-clients.mjs', ...[ports.broker, DEVICES, PERIOD_MS, seconds].map(String)];
    const clients = spawn(process.execPath, clientArgs, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: clients.stdout })[Symbol.asyncIterator]();
    if ((await lines.next()).value !== 'ready') throw new Error(`the devices could not sign in: ${gateway.output()}`);
    const before = await metricsOf(url);
    const begunAt = performance.now();
    clients.stdin.end('\n');
    // taskset runs the gateway in its own place.
    const { pid = 0 } = gateway.process;
    const resident: number[] = [];
    const sampling = setInterval(() => void residentOf(pid).then((bytes) => resident.push(bytes)), SAMPLE_MS);
    const told: Told = JSON.parse(String((await lines.next()).value));
    clearInterval(sampling);
    const after = await metricsOf(url);
    const taken = after.counter('messages') - before.counter('messages') - after.counter('dropped');
    const share = (after.cpu - before.cpu) / ((performance.now() - begunAt) / 1000);
    const most = Math.max(...resident);
    const mb = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
    const missing = Math.max(told.sent - told.acked, told.sent - taken);
    const where = hasTaskset ? 'one core' : 'all cores: taskset is missing';
    return [
      {
        name: `messages lost of ${DEVICES} devices at QoS 1, one a second each, ${where}`,
        asked: 'none',
        measured:
          `${missing} of ${told.sent}: ${told.acked} acknowledged, ${taken} handed to the rules;` +
          ` acknowledged in ${told.p50.toFixed(1)} ms (p50), ${told.p99.toFixed(0)} ms (p99); ${(100 * share).toFixed(0)} % of a core`,
        ofBound: missing === 0 ? 0 : Number.POSITIVE_INFINITY,
      },
      {
        name: `resident memory with ${DEVICES} devices connected`,
        asked: `under ${mb(MOST_BYTES)}`,
        measured: `at most ${mb(most)}, typically ${mb(median(resident))} (${seconds} s)`,
        ofBound: most / MOST_BYTES,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const [main = 'gateway/main.ts', seconds = '20'] = process.argv.slice(2);
  for (const { name, asked, measured } of await mqttDevices(main, Number(seconds))) {
    console.log(`${name}\n  asked ${asked}\n  measured ${measured}`);
  }
}
