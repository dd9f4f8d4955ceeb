import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'vitest';

/** How a program that we did not write is installed. */
const PACKAGES = {
  socat: 'socat',
  mosquitto: 'mosquitto',
  mosquitto_sub: 'mosquitto-clients',
  mbpoll: 'mbpoll',
  chromium: 'chromium',
  influxd: 'influxdb',
  'victoria-metrics': 'victoria-metrics',
} as const;

/** Modules of the system's Python: what is imported, and how it is installed. */
const MODULES = {
  pymodbus: ['pymodbus, serial_asyncio', 'python3-pymodbus python3-serial-asyncio'],
  aiosmtpd: ['aiosmtpd', 'python3-aiosmtpd'],
} as const;

export type Program = keyof typeof PACKAGES | keyof typeof MODULES;

const isModule = (program: Program): program is keyof typeof MODULES => program in MODULES;

function isThere(program: Program): boolean {
  if (isModule(program)) {
    return spawnSync('/usr/bin/python3', ['-c', `import ${MODULES[program][0]}`]).status === 0;
  }
  const path = `${process.env.PATH ?? ''}:/usr/sbin`;
  return spawnSync('sh', ['-c', `command -v ${program}`], { env: { ...process.env, PATH: path } }).status === 0;
}

/**
 * `test`, for a test that needs programs which we did not write. Where one is missing the test is skipped with
 * how to install it in its name; with CI=true it fails instead.
 */
export function testWith(...programs: Program[]) {
  const missing = programs.filter((program) => !isThere(program));
  if (missing.length === 0) return test;
  const packages = missing.map((name) => (isModule(name) ? MODULES[name][1] : PACKAGES[name]));
  const reason = `needs ${missing.join(', ')}: apt-get install ${packages.join(' ')}`;
  return (name: string, _run?: unknown, _timeout?: number) => {
    if (process.env.CI === 'true') {
      test(name, () => {
        throw new Error(reason);
      });
    } else {
      test.skip(`${name} (${reason})`, () => {});
    }
  };
}

/** A TCP port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A program that the test started, and ends with the scope: `await using slave = start('mbpoll', …)`. */
export interface Running extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Everything it printed so far. */
  output(): string;
}

export function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const path = `${process.env.PATH ?? ''}:/usr/sbin`;
  const child = spawn(command, args, {
    env: { ...process.env, PATH: path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  child.on('error', (error) => {
    text += String(error);
  });
  return {
    process: child,
    output: () => text,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Longer than anything takes on a starved machine: only what never comes is told by it. */
const PATIENCE_MS = 90_000;

/** Waits until `check` gives something true, looking every few milliseconds; fails with `what` after `withinMs`. */
export async function until<T>(
  check: () => T | Promise<T>,
  what: string,
  withinMs = PATIENCE_MS,
): Promise<NonNullable<T>> {
  const end = performance.now() + withinMs;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (performance.now() > end) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
