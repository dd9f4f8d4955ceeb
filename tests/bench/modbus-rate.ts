import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMALL_FLAGS } from '../../gateway/kit/memory.ts';
import { type Figure, median } from './figure.ts';
import { Told } from './told.ts';

const MOST = 1.5;
const MOST_IN_TIME = 1.2;
/** Polls of one period. */
const ROUND = 100;
/** Requests in flight: a link's default. */
const WINDOW = 4;
/** Longer than each of them takes to compile what it runs. */
const WARM_MS = 10_000;
/** After it was stopped, until its caches are its own again. */
const SETTLE_MS = 400;
const TURN_MS = 1200;

interface Sample {
  readonly values: number;
  readonly cpuUs: number;
  readonly missed: number;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** CPU seconds for a million values. */
const cost = ({ values, cpuUs }: Sample): number => cpuUs / values;

/** libmodbus in C, where there is a compiler and its header. */
function buildReference(dir: string): string | null {
  const to = join(dir, 'libmodbus-poll');
  const { stdout, status } = spawnSync('pkg-config', ['--cflags', '--libs', 'libmodbus'], { encoding: 'utf8' });
  if (status !== 0) return null;
  const flags = stdout.trim().split(/\s+/);
  return spawnSync('cc', ['-O2', 'tests/bench/libmodbus-poll.c', '-o', to, ...flags]).status === 0 ? to : null;
}

/** Programs by turns: all but one are stopped, so that none takes another's core and all have the machine's same moods. */
class Turns implements Disposable {
  readonly #programs = new Map<string, Told>();
  readonly samples = new Map<string, Sample[]>();

  async add(name: string, told: Told): Promise<void> {
    this.#programs.set(name, told);
    this.samples.set(name, []);
    await pause(WARM_MS);
    told.process.kill('SIGSTOP');
  }

  async round(): Promise<void> {
    for (const [name, told] of this.#programs) {
      told.process.kill('SIGCONT');
      await pause(SETTLE_MS);
      await told.ask();
      await pause(TURN_MS);
      this.samples.get(name)?.push(JSON.parse(await told.ask()));
      told.process.kill('SIGSTOP');
    }
  }

  /** What one costs to another, by rounds: the middle one. */
  ratio(name: string, to: string): number {
    const others = this.samples.get(to) ?? [];
    return median((this.samples.get(name) ?? []).map((own, i) => cost(own) / cost(others[i] ?? own)));
  }

  cost(name: string): string {
    return median((this.samples.get(name) ?? []).map(cost)).toFixed(2);
  }

  /** Million values a second. */
  rate(name: string): string {
    const rates = (this.samples.get(name) ?? []).map(({ values }) => values / TURN_MS / 1000);
    return median(rates).toFixed(2);
  }

  missed(name: string): number {
    return (this.samples.get(name) ?? []).reduce((sum, { missed }) => sum + missed, 0);
  }

  [Symbol.dispose](): void {
    for (const { process } of this.#programs.values()) process.kill('SIGKILL');
  }
}

/**
 * 100 devices of 50 registers over TCP: CPU for a million values of the driver alone and with a rule on each point, to that
 * of a bare loop with the same requests that asks one after the other, as libmodbus does. What the same loop takes with as
 * many requests in flight as the driver has is told beside it: no library that is compared with does that.
 */
export async function modbusRate(seconds: number): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'gengfu-bench-'));
  try {
    return await measureAll(seconds, buildReference(dir));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function measureAll(seconds: number, reference: string | null): Promise<Figure[]> {
  using slave = new Told(['tests/bench/modbus-slave.mjs']);
  const port = await slave.line();
  const rounds = Math.max(Math.round((seconds * 1000) / (5 * TURN_MS)), 4);
  const measure = async (everyMs: number, most: number): Promise<Figure[]> => {
    using turns = new Turns();
    const bare = (window: number) => new Told(['tests/bench/bare-poll.mjs', port, window, everyMs]);
    const polled = (mode: string) =>
      new Told([...SMALL_FLAGS, 'tests/bench/modbus-polled.ts', port, WINDOW, everyMs, mode]);
    if (everyMs === 0 && reference !== null) await turns.add('libmodbus', new Told([port], reference));
    await turns.add('bare', bare(1));
    await turns.add('bare in flight', bare(WINDOW));
    await turns.add('driver', polled('drop'));
    await turns.add('rules', polled('judge'));
    for (let round = 0; round < rounds; round++) await turns.round();

    const pace = everyMs === 0 ? 'as fast as it can' : `each ${everyMs} ms`;
    const beside = (name: string) => {
      const speed = `${turns.rate(name)} million values/s beside ${turns.rate('bare')}`;
      const late = `${turns.missed(name)} deadlines missed, ${turns.missed('bare')} by the bare loop`;
      return `${everyMs === 0 ? speed : late}; ${turns.ratio(name, 'bare in flight').toFixed(2)} times one with ${WINDOW} in flight`;
    };
    const figure = (what: string, name: string): Figure => ({
      name: `Modbus TCP, 100 × 50 registers, ${pace}, ${what}, to a bare loop`,
      asked: `at most ${most} times${everyMs === 0 ? '' : ', no deadline missed by itself'}`,
      measured: `${turns.ratio(name, 'bare').toFixed(2)} times: ${turns.cost(name)} and ${turns.cost('bare')} CPU-s; ${beside(name)}`,
      // A round more than the bare loop may be the machine's, which stops now and then for longer than a period.
      ofBound:
        everyMs > 0 && turns.missed(name) > turns.missed('bare') + ROUND
          ? Number.POSITIVE_INFINITY
          : turns.ratio(name, 'bare') / most,
    });
    const figures = [figure('the driver', 'driver'), figure('with a rule on each point', 'rules')];
    if (everyMs > 0) return figures;
    const tie =
      reference === null
        ? 'no libmodbus to build here'
        : `${turns.ratio('bare', 'libmodbus').toFixed(2)} times libmodbus`;
    return [...figures, { name: 'The bare loop to libmodbus in C', asked: null, measured: tie, ofBound: null }];
  };
  return [...(await measure(0, MOST)), ...(await measure(100, MOST_IN_TIME))];
}
