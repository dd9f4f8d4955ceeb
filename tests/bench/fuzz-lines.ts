/**
 * Ten million bytes at each parser of what is pushed over HTTP, and of what a modem says, guided by coverage.
 * Exit status 1 when a parser threw, or gave what does not stand in its input.
 *
 * usage: node tests/bench/fuzz-lines.ts [bytes at each, 10000000]
 */
import * as http from '../drivers/http/fuzzed.ts';
import * as modem from '../gateway/notify/channels/modem/fuzzed.ts';
import { fuzz } from '../tools/fuzz.ts';

const bytes = Number(process.argv[2] ?? 10_000_000);
const ALL = [
  { ...http, covers: '/drivers/http/' },
  { ...modem, covers: '/modem/' },
];
for (const { parsers, seeds, covers } of ALL) {
  for (const [name, target] of Object.entries(parsers)) {
    const since = performance.now();
    const result = await fuzz(target, { bytes, seeds, covers });
    console.log(`${name}: ${JSON.stringify(result)} in ${((performance.now() - since) / 1000).toFixed(0)} s`);
  }
}
