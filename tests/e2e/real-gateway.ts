import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { askGateway, type DoorRequest } from '../../gateway/door.ts';
import { freePort, type Running, start, until } from '../tools/program.ts';

const PASSWORD = 'twelve-lanterns';

export interface RealSite {
  /** Lines of site.yaml after the gateway's id, its zone, a trusted clock and the console's address. */
  readonly site?: readonly string[];
  /** The other files by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Secrets that the site refers to. */
  readonly env?: NodeJS.ProcessEnv;
  /** Where it remembers; a directory of its own, gone at the end, unless it is given. */
  readonly data?: string;
  readonly log?: 'warn' | 'info';
}

/** Somebody signed in at the real console. */
export interface Session {
  get<T>(path: string): Promise<T>;
  post(path: string, body: object): Promise<Response>;
}

/** `gengfu run` as a process of its own on a site of its own: it can be stopped, killed and started again. */
export interface RealGateway extends AsyncDisposable {
  readonly id: string;
  readonly site: string;
  readonly data: string;
  readonly url: string;
  /** Until it has printed its address; rejects with what it printed when it ends before. */
  start(): Promise<void>;
  /** By SIGTERM, as systemd does; gives its exit status. */
  stop(): Promise<number | null>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** Of its present life. */
  readonly pid: number | undefined;
  /** What it printed in its present life. */
  output(): string;
  /** Until it has printed that: its log comes by another pipe than what else is seen of it. */
  says(what: RegExp | string): Promise<void>;
  /** A question at its door; the asker knows the answer's type. */
  ask<T>(question: DoorRequest): Promise<T>;
  /** By a one-time link, as an admin of that name. */
  signIn(name?: string): Promise<Session>;
}

export async function openRealGateway(id: string, options: RealSite): Promise<RealGateway> {
  const folder = await mkdtemp(join(tmpdir(), `gengfu-${id}-`));
  const site = join(folder, 'site');
  const data = options.data ?? join(folder, 'data');
  const url = `http://127.0.0.1:${await freePort()}`;
  const own = [
    `gateway: ${id}`,
    `name: ${id}`,
    'timeZone: Asia/Shanghai',
    'clock: { trust: always }',
    `console: { listen: "${url.slice('http://'.length)}" }`,
  ];
  await writeSite(site, { 'site.yaml': [...own, ...(options.site ?? [])].join('\n'), ...options.files });
  let running: Running | undefined;

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const child = running?.process;
    child?.kill(signal);
    return (await running?.ended()) ?? null;
  };
  const gateway = {
    id,
    site,
    data,
    url,
    async start() {
      const args = ['gateway/main.ts', 'run', '--site', site, '--data', data, '--log', options.log ?? 'warn'];
      const program = start(process.execPath, args, options.env);
      running = program;
      const isUp = () => program.output().includes('Console: ');
      const { process: child } = program;
      await until(() => isUp() || child.exitCode !== null || child.signalCode !== null, 'the gateway');
      if (!isUp()) throw new Error(`the gateway ended with ${program.process.exitCode}: ${program.output()}`);
    },
    stop: () => end('SIGTERM'),
    async kill() {
      await end('SIGKILL');
    },
    get pid() {
      return running?.process.pid;
    },
    output: () => running?.output() ?? '',
    async says(what: RegExp | string) {
      const isSaid = () => (typeof what === 'string' ? gateway.output().includes(what) : what.test(gateway.output()));
      await until(isSaid, () => `the gateway to say ${what}: ${gateway.output()}`);
    },
    ask: <T>(question: DoorRequest) => askGateway(data, question) as Promise<T>,
    async signIn(name = 'wang') {
      const link = await askGateway(data, { ask: 'invite', role: 'admin' });
      return takeLink(url, String(link), name);
    },
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
  return gateway;
}

async function takeLink(url: string, link: string, name: string): Promise<Session> {
  const secret = new URLSearchParams(link.slice(link.indexOf('?'))).get('secret');
  const send = (path: string, body: object, cookie = '') =>
    fetch(`${url}/api/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url, cookie },
      body: JSON.stringify(body),
    });
  const answer = await send('invitation', { secret, name, password: PASSWORD });
  if (!answer.ok) throw new Error(`the link was refused: ${await answer.text()}`);
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  return {
    async get<T>(path: string) {
      const got = await fetch(`${url}/api/v1/${path}`, { headers: { cookie } });
      if (!got.ok) throw new Error(`${path}: ${got.status} ${await got.text()}`);
      return (await got.json()) as T;
    },
    post: (path, body) => send(path, body, cookie),
  };
}

/** Writes a site's files. */
export async function writeSite(dir: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), `${text}\n`);
  }
}
