/**
 * What a replay is compared with: takes the same lines apart, looks each point up and adds its values. It judges nothing.
 *
 * usage: node tests/bench/bare-parse.mjs FILE
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

const sums = new Map();
const isCsv = process.argv[2].endsWith('.csv');
let last = 0;
for await (const line of createInterface({ input: createReadStream(process.argv[2], 'utf8') })) {
  if (line.startsWith('at,')) continue;
  const [at, device, point, value] = isCsv ? line.split(',') : Object.values(JSON.parse(line));
  last = Date.parse(at);
  const key = `${device}/${point}`;
  sums.set(key, (sums.get(key) ?? 0) + Number(value));
}
console.log(JSON.stringify({ points: sums.size, last }));
