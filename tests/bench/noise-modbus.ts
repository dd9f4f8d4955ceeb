/**
 * Noise on the wire in full length: 1 % of all bytes flipped, dropped or doubled and all split at random, through
 * parser and line machine on a fake clock. Exit status 1 when a wrong value was taken as good that could be told.
 *
 * usage: node tests/bench/noise-modbus.ts [requests, 1000000] [requests over a pty, 5000]
 */
import { runNoise } from '../drivers/modbus/noisy-line.ts';
import { runNoisyPty } from '../drivers/modbus/noisy-pty.ts';

const [requests = 1_000_000, overPty = 5000] = process.argv.slice(2).map(Number);
let wrong = 0;
for (const [name, run] of [
  ['RTU', () => runNoise('rtu', requests)],
  ['TCP', () => runNoise('tcp', requests)],
  ['RTU over a pty', () => runNoisyPty(overPty)],
] as const) {
  const since = performance.now();
  const before = process.memoryUsage().heapUsed;
  const { counters, ...result } = await run();
  const grown = ((process.memoryUsage().heapUsed - before) / 1e6).toFixed(1);
  const took = ((performance.now() - since) / 1000).toFixed(0);
  console.log(`${name}: ${JSON.stringify(result)} in ${took} s, heap ${grown} MB more; ${JSON.stringify(counters)}`);
  wrong += result.wrong;
}
process.exit(wrong === 0 ? 0 : 1);
