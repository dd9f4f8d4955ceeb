/**
 * Ten million bytes at the guard that stands before the broker: right packets with bytes changed, lost and doubled, cut
 * into chunks. Exit status 1 when it threw, cut what is in bounds, or let through what is not; or when memory grew.
 *
 * usage: node tests/bench/fuzz-mqtt-guard.ts [bytes, 10000000]
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { guardStream, seeds } from '../drivers/mqtt/fuzzed-guard.ts';
import { fuzz } from '../tools/fuzz.ts';

const MOST_GROWTH = 5e6;
const bytes = Number(process.argv[2] ?? 10_000_000);
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Bytes that are held, when all that can go has gone. */
const held = async (): Promise<number> => {
  // Streams end in a later turn.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const since = performance.now();
const result = await fuzz(guardStream, { bytes, seeds, covers: '/drivers/mqtt/' });
// What is held is told without the coverage, which holds much itself and for a while.
await fuzz(guardStream, { bytes: bytes / 20, seeds, seed: 3 });
const before = await held();
await fuzz(guardStream, { bytes: bytes / 5, seeds, seed: 2 });
const grown = (await held()) - before;
const seconds = ((performance.now() - since) / 1000).toFixed(0);
console.log(`mqtt guard: ${JSON.stringify(result)} in ${seconds} s, ${(grown / 1e6).toFixed(1)} MB more are held`);
process.exit(grown > MOST_GROWTH ? 1 : 0);
