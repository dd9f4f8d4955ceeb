import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { freePort, start, until } from '../tools/program.ts';
import { type Figure, median } from './figure.ts';

export const MB = 1e6;
const MOST_BYTES = 150 * MB;
const MOST_DELAY_MS = 20;
const STARTED_MS = 10_000;
const SAMPLE_MS = 1000;

/** Of /proc/PID/status, in bytes: proc_pid_status(5). */
export async function memoryOf(pid: number): Promise<{ readonly now: number; readonly most: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { now: of('VmRSS'), most: of('VmHWM') };
}

/** p99.9 and most of the main loop's delay since the last time it was asked, in ms. */
async function loopDelay(url: string): Promise<readonly [number, number]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const of = (quantile: string) =>
    1000 * Number(new RegExp(`^gengfu_loop_delay_seconds\\{quantile="${quantile}"\\} (\\S+)`, 'm').exec(text)?.[1]);
  return [of('0.999'), of('1')];
}

/** The demo as a newcomer starts it, beside a process that does nothing: its memory, and how late its loop is. */
export async function runDemo(main: string, seconds: number): Promise<Figure[]> {
  const idle = spawn(process.execPath, ['tests/bench/idle.mjs'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: idle.stdout })[Symbol.asyncIterator]();
  const idleDelay = async (): Promise<number[]> => {
    idle.stdin.write('\n');
    return String((await lines.next()).value)
      .split(' ')
      .map(Number);
  };
  const url = `http://127.0.0.1:${await freePort()}`;
  await using demo = start(process.execPath, [main, 'demo', '--port', new URL(url).port]);
  const { pid = 0 } = demo.process;
  await until(() => demo.output().includes('Console: '), 'the demo', 60_000);
  await new Promise((resolve) => setTimeout(resolve, STARTED_MS));
  await Promise.all([loopDelay(url), idleDelay()]);

  const resident: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    resident.push((await memoryOf(pid)).now);
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
  }
  const { most } = await memoryOf(pid);
  const [[ours, worst], [bare = Number.NaN]] = await Promise.all([loopDelay(url), idleDelay()]);
  idle.stdin.end();
  // Its simulators end with it only when it is asked to end.
  demo.process.kill('SIGTERM');
  await until(() => demo.process.exitCode !== null || demo.process.signalCode !== null, 'the demo to end');

  const typical = median(resident);
  const mb = (bytes: number) => `${(bytes / MB).toFixed(0)} MB`;
  const ms = (delay: number) => `${delay.toFixed(1)} ms`;
  return [
    {
      name: 'resident memory in the demo',
      asked: `under ${mb(MOST_BYTES)}`,
      measured: `${mb(typical)}, at the end ${mb(resident.at(-1) ?? 0)}, at most ever ${mb(most)} (${seconds} s)`,
      ofBound: typical / MOST_BYTES,
    },
    {
      name: 'main loop’s delay in the demo after start, p99.9 less an idle process’s',
      asked: `under ${MOST_DELAY_MS} ms`,
      measured: `${ms(ours - bare)}: ${ms(ours)} and ${ms(bare)}, at most ${ms(worst)}`,
      ofBound: (ours - bare) / MOST_DELAY_MS,
    },
  ];
}
