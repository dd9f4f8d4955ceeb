import { once } from 'node:events';
import { type Figure, median } from './figure.ts';
import { Told } from './told.ts';

const MOST = 1.5;
const MOST_IN_TIME = 1.2;
/** Requests in flight: a link's default. */
const WINDOW = 4;
/** Longer than each of them takes to compile what it runs. */
const WARM_MS = 8000;
const TURN_MS = 1500;

interface Sample {
  readonly values: number;
  readonly cpuUs: number;
  readonly missed: number;
  /** The longest that it was busy at a stretch by itself, ms; the bare loop does not say. */
  readonly held?: number;
}

const sampleOf = async (program: Told): Promise<Sample> => JSON.parse(await program.ask());
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** CPU seconds for a million values. */
const cost = ({ values, cpuUs }: Sample): number => cpuUs / values;

/**
 * 100 devices of 50 registers over TCP: CPU for a million values of the driver alone and with rules, to that of a bare
 * loop with the same requests, as fast as each can and at 100 ms. One after the other, so that none takes the other's core.
 */
export async function modbusRate(seconds: number): Promise<Figure[]> {
  using slave = new Told(['tests/bench/modbus-slave.mjs']);
  const port = await slave.line();
  const open = (everyMs: number) =>
    [
      ['tests/bench/bare-poll.mjs', port, WINDOW, everyMs],
      ['tests/bench/modbus-polled.ts', port, WINDOW, everyMs, 'drop'],
      ['tests/bench/modbus-polled.ts', port, WINDOW, everyMs, 'judge'],
    ] as const;

  const measure = async (everyMs: number): Promise<Sample[][]> => {
    const samples: Sample[][] = [];
    for (const args of open(everyMs)) {
      using program = new Told(args);
      await pause(WARM_MS);
      await sampleOf(program);
      const own: Sample[] = [];
      for (let round = 0; round < rounds; round++) {
        await pause(TURN_MS);
        own.push(await sampleOf(program));
      }
      samples.push(own);
      program.process.kill();
      await once(program.process, 'exit');
    }
    return samples;
  };
  const rounds = Math.max(Math.round((seconds * 1000) / (3 * TURN_MS)), 2);
  const fast = await measure(0);
  const inTime = await measure(100);

  const costs = fast.map((samples) => median(samples.map(cost)));
  const rates = fast.map((samples) => median(samples.map(({ values }) => values)) / TURN_MS / 1000);
  const ratio = (all: readonly number[], i: number): number => (all[i] ?? Number.NaN) / (all[0] ?? Number.NaN);
  const inTimeCosts = inTime.map((samples) => median(samples.map(cost)));
  const missed = inTime.map((samples) => samples.reduce((sum, each) => sum + each.missed, 0));
  const figure = (name: string, i: number, all: readonly number[], most: number, rest: string): Figure => ({
    name,
    asked: `at most ${most} times`,
    measured: `${ratio(all, i).toFixed(2)} times: ${all[i]?.toFixed(2)} and ${all[0]?.toFixed(2)} CPU-s; ${rest}`,
    ofBound: ratio(all, i) / most,
  });
  const speed = (i: number) => `${rates[i]?.toFixed(2)} and ${rates[0]?.toFixed(2)} million values/s`;
  const held = inTime.map((samples) => Math.max(...samples.map((each) => each.held ?? 0)));
  const late = (i: number) =>
    `${missed[i]} deadlines missed, ${missed[0]} by the bare loop; busy at a stretch ${held[i]?.toFixed(0)} ms at most`;
  const what = 'Modbus TCP, 100 × 50 registers';
  return [
    figure(`${what}, as fast as it can, the driver, to a bare loop`, 1, costs, MOST, speed(1)),
    figure(`${what}, as fast as it can, with a rule on each point`, 2, costs, MOST, speed(2)),
    figure(`${what} each 100 ms, the driver, to a bare loop`, 1, inTimeCosts, MOST_IN_TIME, late(1)),
    figure(`${what} each 100 ms, with a rule on each point`, 2, inTimeCosts, MOST_IN_TIME, late(2)),
  ];
}
