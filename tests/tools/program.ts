import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'vitest';

export { freePort } from './free-port.ts';

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

/** A program that the test started, and ends with the scope: `await using slave = start('mbpoll', …)`. */
export interface Running extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Everything it printed so far. */
  output(): string;
  /** The same by lines, each whole: of a line that is still coming there is nothing yet. */
  lines(): string[];
  /** Its exit status, null when a signal ended it, once all that it printed is here too: a pipe outlasts its writer. */
  ended(withinMs?: number): Promise<number | null>;
}

/** What is started ends with the process that started it, also where that is killed in the midst of a test. */
const WITH_US =
  spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0 ? ['setpriv', '--pdeathsig', 'KILL'] : [];

export function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const path = `${process.env.PATH ?? ''}:/usr/sbin`;
  const [first = command, ...rest] = [...WITH_US, command, ...args];
  const child = spawn(first, rest, {
    env: { ...process.env, PATH: path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let isClosed = false;
  child.once('close', () => {
    isClosed = true;
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
    lines: () => text.split('\n').slice(0, -1),
    async ended(withinMs = PATIENCE_MS) {
      await until(
        () => isClosed,
        () => `${command} ${args.join(' ')} to end: ${text}`,
        withinMs,
      );
      return child.exitCode;
    },
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

/**
 * Waits until `check` gives something true, looking every few milliseconds; fails with `what` after `withinMs`. A function
 * tells what was missing as it is then.
 */
export async function until<T>(
  check: () => T | Promise<T>,
  what: string | (() => string),
  withinMs = PATIENCE_MS,
): Promise<NonNullable<T>> {
  const end = performance.now() + withinMs;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (performance.now() > end) throw new Error(`timed out waiting for ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
