import { once } from 'node:events';
import { type Figure, median } from './figure.ts';
import { Told } from './told.ts';

const MOST = 1.5;
const MOST_IN_TIME = 1.2;
/** The gateway's own window. */
const WINDOW = 4;
const WARM_MS = 5000;
/** A period in which nobody gets through all units. */
const FASTEST_MS = 2;
const TURN_MS = 1500;

interface Sample {
  readonly values: number;
  readonly cpuUs: number;
  readonly missed: number;
}

const sampleOf = async (program: Told): Promise<Sample> => JSON.parse(await program.ask());
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** CPU seconds for a million values. */
const cost = ({ values, cpuUs }: Sample): number => cpuUs / values;

/**
 * 100 devices of 50 registers over TCP: CPU for a million values of the driver alone and with rules, to that of a bare
 * loop with the same requests. As fast as each can one after the other, so that none takes the other's core; at 100 ms
 * side by side.
 */
export async function modbusRate(seconds: number): Promise<Figure[]> {
  using slave = new Told(['tests/bench/modbus-slave.mjs']);
  const port = await slave.line();
  const open = (everyMs: number) =>
    [
      ['tests/bench/bare-poll.mjs', port, WINDOW, everyMs],
      ['tests/bench/modbus-polled.ts', port, everyMs || FASTEST_MS, 'drop'],
      ['tests/bench/modbus-polled.ts', port, everyMs || FASTEST_MS, 'judge'],
    ] as const;

  const fast: Sample[][] = [[], [], []];
  const rounds = Math.max(Math.round((seconds * 1000) / (3 * TURN_MS)), 2);
  for (const [i, args] of open(0).entries()) {
    using program = new Told(args);
    await pause(WARM_MS);
    await sampleOf(program);
    for (let round = 0; round < rounds; round++) {
      await pause(TURN_MS);
      fast[i]?.push(await sampleOf(program));
    }
    program.process.kill();
    await once(program.process, 'exit');
  }
  const stack = new DisposableStack();
  using _all = stack;
  const paced = open(100).map((args) => stack.use(new Told(args)));
  await pause(WARM_MS + 1000);
  await Promise.all(paced.map(sampleOf));
  await pause(seconds * 1000);
  const inTime = await Promise.all(paced.map(sampleOf));

  const costs = fast.map((samples) => median(samples.map(cost)));
  const rates = fast.map((samples) => median(samples.map(({ values }) => values)) / TURN_MS / 1000);
  const ratio = (all: readonly number[], i: number): number => (all[i] ?? Number.NaN) / (all[0] ?? Number.NaN);
  const inTimeCosts = inTime.map(cost);
  const missed = inTime.map((sample) => sample.missed);
  const figure = (name: string, i: number, all: readonly number[], most: number, rest: string): Figure => ({
    name,
    asked: `at most ${most} times`,
    measured: `${ratio(all, i).toFixed(2)} times: ${all[i]?.toFixed(2)} and ${all[0]?.toFixed(2)} CPU-s; ${rest}`,
    ofBound: ratio(all, i) / most,
  });
  const speed = (i: number) => `${rates[i]?.toFixed(2)} and ${rates[0]?.toFixed(2)} million values/s`;
  const late = (i: number) => `${missed[i]} deadlines missed, ${missed[0]} by the bare loop`;
  const what = 'Modbus TCP, 100 × 50 registers';
  return [
    figure(`${what}, as fast as it can, the driver, to a bare loop`, 1, costs, MOST, speed(1)),
    figure(`${what}, as fast as it can, with a rule on each point`, 2, costs, MOST, speed(2)),
    figure(`${what} each 100 ms, the driver, to a bare loop`, 1, inTimeCosts, MOST_IN_TIME, late(1)),
    figure(`${what} each 100 ms, with a rule on each point`, 2, inTimeCosts, MOST_IN_TIME, late(2)),
  ];
}
