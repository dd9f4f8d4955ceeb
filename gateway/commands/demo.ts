import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { openClock } from '#kit/clock.ts';
import { Fault } from '#kit/fault.ts';
import { ROOT } from '#kit/root.ts';
import { encodeProblem } from '../../config/check-report.ts';
import { openDoor } from '../door.ts';
import { openGateway } from '../gateway.ts';
import { loadByThread } from '../site/site-worker.ts';
import { VERSION } from '../version.ts';
import { wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { asked, CONSOLE_DIR } from './run.ts';
import { SIMULATOR } from './sim.ts';

/** The night of firmware-sim/scenarios/demo-night.yaml: 450 minutes in ten. */
const NIGHT = { start: Date.parse('2026-07-15T21:30:00+08:00'), rate: 45 };
const SCENARIO = join(SIMULATOR, '..', 'scenarios', 'demo-night.yaml');
const TEMPLATE = join(ROOT, 'config', 'demo');
/** From the start of the simulators to 21:30:00, so that all is connected by then. */
const LEAD_MS = 5000;
const CONSOLE_PORT = 8080;

/** Who plays the night's people, as the scenario calls them. */
const PEOPLE = [
  { as: 'duty', name: '值班员', role: 'duty' },
  { as: 'duty-leader', name: '带班领导', role: 'duty' },
  { as: 'night-patrol', name: '夜巡队', role: 'responder' },
  { as: 'drainage-crew', name: '排水班', role: 'responder' },
  { as: 'fire-post', name: '微型消防站', role: 'responder' },
] as const;

interface Ready {
  readonly placeholders: Readonly<Record<string, string>>;
}

export const demo: Command = {
  usage: '[--data DIR] [--rate N] [--port PORT] [--city-file FILE]',
  summary: 'a night of a street office in ten minutes, on simulated devices',
  async run(args) {
    const options = {
      data: { type: 'string' },
      rate: { type: 'string', default: String(NIGHT.rate) },
      port: { type: 'string', default: String(CONSOLE_PORT) },
      'city-file': { type: 'string' },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    const end = asked();
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'gengfu-demo-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));

    const rate = Number(values.rate);
    if (!(rate > 0 && Number.isFinite(rate))) throw wrongUsage('--rate is a number above 0');
    if (!/^\d{1,5}$/.test(values.port)) throw wrongUsage('--port is a number');
    const realStart = Date.now() + LEAD_MS;
    const people = PEOPLE.map((each) => ({ ...each, password: randomBytes(12).toString('base64url') }));
    const env = { ...process.env, GENGFU_DEMO_MQTT_PASSWORD: randomBytes(12).toString('base64url') };
    const ports = { console: await freePort(Number(values.port)), broker: await freePort(0) };
    const common = ['--rate', values.rate, '--real-start', String(realStart), '--ports', JSON.stringify(ports)];
    const city = values['city-file'] === undefined ? [] : ['--city-file', values['city-file']];
    const voice = new Voice();
    const devices = await startSimulator([SCENARIO, ...common, ...city], env, stack, voice);

    const dir = await writeSite(folder, devices.placeholders);
    const { files, loaded } = await loadByThread(dir, { env });
    const { site, problems } = loaded;
    if (site === null) throw new Fault('demo-site', problems.map(encodeProblem).join('\n'));
    const source = { dir, env, files, kept: null };
    const clock = openClock({ rate, start: NIGHT.start, realStart, trust: () => 'synchronised' });
    const data = values.data ?? join(folder, 'data');
    const log = pino({ level: 'warn', base: null }, pino.destination({ fd: 2, sync: true }));
    const gateway = stack.use(
      await openGateway({
        site,
        source,
        data,
        clock,
        wire: openClock(),
        log,
        consoleDir: CONSOLE_DIR,
        version: VERSION,
      }),
    );
    stack.use(await openDoor(data, gateway, log));
    console.log(`Console: ${gateway.url}`);
    // A link is good until the next one is made: the visitor's is the last.
    for (const { name, password, role } of people) {
      await signUp(gateway.url, await gateway.invite(role), { name, password });
    }
    console.log(`Sign in once: ${await gateway.invite('admin')}`);
    console.log(`The night of 15 July 2026, 21:30 to 05:00, ${rate} times as fast. Ctrl+C ends it.\n`);
    const accounts = people.map(({ as, name, password }) => [as, { name, password }]);
    const peopleEnv = { ...env, GENGFU_DEMO_PEOPLE: JSON.stringify(Object.fromEntries(accounts)) };
    await startSimulator([SCENARIO, ...common, '--parts', 'people'], peopleEnv, stack, voice);
    voice.begin();
    await end;
    // The simulators may end first: that is no news now.
    log.level = 'silent';
    return EXIT.done;
  },
};

/** That port if it is free, else any. */
async function freePort(wished: number): Promise<number> {
  for (const port of [wished, 0]) {
    const server = createServer();
    const listening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    const address = server.address();
    server.close();
    if (listening && address !== null && typeof address === 'object') return address.port;
  }
  throw new Fault('no-port', 'no free TCP port on 127.0.0.1');
}

/** What the simulators say, kept until the console's address has been said: that is the first a visitor needs. */
class Voice {
  #kept: string[] | null = [];

  say(line: string): void {
    // A device that this simulator does not play is no news.
    if (line.endsWith('not started')) return;
    if (this.#kept === null) console.log(line);
    else this.#kept.push(line);
  }

  begin(): void {
    for (const line of this.#kept ?? []) console.log(line);
    this.#kept = null;
  }
}

/** Starts simulators and waits until all can be reached; they end with the stack. */
async function startSimulator(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  stack: AsyncDisposableStack,
  voice: Voice,
): Promise<Ready> {
  const child: ChildProcess = fork(SIMULATOR, [...args], { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  stack.defer(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  return new Promise((resolve, reject) => {
    void ended.then(([code]) => reject(new Fault('simulator', `the simulator ended (${code})`)));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('ready ')) resolve(JSON.parse(line.slice('ready '.length)) as Ready);
      else voice.say(line);
    });
  });
}

/** The demo site with the ports of this run in it. */
async function writeSite(folder: string, placeholders: Readonly<Record<string, string>>): Promise<string> {
  const dir = join(folder, 'site');
  await cp(TEMPLATE, dir, { recursive: true });
  for (const name of await readdir(dir, { recursive: true })) {
    if (!name.endsWith('.yaml')) continue;
    const text = await readFile(join(dir, name), 'utf8');
    await writeFile(
      join(dir, name),
      text.replace(/__[A-Z0-9_]+__/g, (key) => placeholders[key] ?? key),
    );
  }
  return dir;
}

/** Takes a one-time link as a person would: a name, a password. */
async function signUp(url: string, link: string, person: { name: string; password: string }): Promise<void> {
  const secret = new URLSearchParams(link.slice(link.indexOf('?'))).get('secret');
  const response = await fetch(`${url}/api/v1/invitation`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ secret, ...person }),
  });
  if (!response.ok) throw new Fault('sign-up', `the demo's ${person.name} could not sign up: ${await response.text()}`);
}
