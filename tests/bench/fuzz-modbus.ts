/**
 * Ten million bytes at what reads Modbus replies: frames of RTU, of TCP, and among heartbeats of dialled-in units.
 * Exit status 1 when a parser threw, or gave a value from a broken frame.
 *
 * usage: node tests/bench/fuzz-modbus.ts [bytes at each, 10000000]
 */
import { parsers, seeds } from '../drivers/modbus/fuzzed.ts';
import { fuzz } from '../tools/fuzz.ts';

const bytes = Number(process.argv[2] ?? 10_000_000);
for (const [name, target] of Object.entries(parsers)) {
  const since = performance.now();
  const result = await fuzz(target, { bytes, seeds, covers: '/drivers/modbus/' });
  console.log(`${name}: ${JSON.stringify(result)} in ${((performance.now() - since) / 1000).toFixed(0)} s`);
}
