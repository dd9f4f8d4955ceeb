import { fuzzHj212 } from '../drivers/hj212/fuzz.ts';

/** `node tests/bench/fuzz-hj212.ts [BYTES] [SEED]`: random and mutated bytes at the HJ 212 parser; exit 1 at a wrong frame. */
const bytes = Number(process.argv[2] ?? 10_000_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const started = performance.now();
const { frames, values, counts, wrong, most } = fuzzHj212(bytes, seed);
const seconds = (performance.now() - started) / 1000;
console.log(
  `seed ${seed}: ${bytes} bytes in ${seconds.toFixed(1)} s, ${frames} frames, ${values} values, at most ${most} bytes kept`,
);
console.log(`not taken: ${JSON.stringify(counts)}`);
for (const each of wrong.slice(0, 10)) console.error(`wrong: ${each}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
