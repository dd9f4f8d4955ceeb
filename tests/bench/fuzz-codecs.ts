import { parseArgs } from 'node:util';
import type { Codec, Sample } from '../../drivers/mqtt/codecs/codec.ts';
import { CODEC_NAMES, CODECS, type CodecName } from '../../drivers/mqtt/codecs/index.ts';
import { VECTORS } from '../drivers/mqtt/codecs/vectors.ts';

/**
 * Bytes at each codec until it has had so many: right payloads with bytes changed, lost, doubled and put together, and
 * noise. It must not throw; all that it gives must be a field that it names, with a finite number, a text or null; and of
 * a payload with a checksum nothing may be given whose checksum is wrong. Prints a line for each, and fails at the first.
 *
 *     node tests/bench/fuzz-codecs.ts --bytes 10000000 --seed 1
 */
const { values } = parseArgs({
  options: { bytes: { type: 'string', default: '10000000' }, seed: { type: 'string', default: '1' } },
});
const wanted = Number(values.bytes);
let state = Number(values.seed) | 0;

/** Mulberry32: the same payloads for the same seed. */
function random(below: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
}

const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => random(256)));

function spoil(payload: Buffer): Buffer {
  const at = random(payload.length + 1);
  const [before, after] = [payload.subarray(0, at), payload.subarray(at)];
  switch (random(6)) {
    case 0:
      return Buffer.concat([before, noise(1), after.subarray(1)]);
    case 1:
      return Buffer.concat([before, after.subarray(1)]);
    case 2:
      return Buffer.concat([before, noise(1 + random(3)), after]);
    case 3:
      return before;
    case 4:
      return Buffer.concat([payload, payload]);
    default:
      return payload;
  }
}

/** Why what a codec gave cannot be; undefined if it can. */
function flawOf(name: CodecName, codec: Codec, payload: Buffer, samples: readonly Sample[]): string | undefined {
  for (const { keptAt, fields } of samples) {
    if (keptAt !== undefined && !Number.isInteger(keptAt)) return `a time of ${keptAt}`;
    for (const [field, value] of Object.entries(fields)) {
      if (codec.fields[field] === undefined) return `a field ${field} that it does not name`;
      if (typeof value === 'number' && !Number.isFinite(value)) return `${field} of ${value}`;
    }
  }
  const sum = payload.reduce((total, byte) => total + byte, 0);
  if (name === 'milesight-gs524n' && sum % 256 !== 0) return 'values of a payload with a wrong checksum';
  return undefined;
}

for (const name of CODEC_NAMES) {
  const codec: Codec = CODECS[name];
  const right = VECTORS.map(({ hex }) => Buffer.from(hex, 'hex'));
  const own = VECTORS.filter((vector) => vector.codec === name).map(({ hex }) => Buffer.from(hex, 'hex'));
  const pick = (from: readonly Buffer[]) => from[random(from.length)] ?? Buffer.alloc(0);
  let bytes = 0;
  let payloads = 0;
  let read = 0;
  const begunAt = performance.now();
  while (bytes < wanted) {
    const kind = random(8);
    let payload = kind === 0 ? noise(random(64)) : kind === 1 ? Buffer.concat([pick(right), pick(own)]) : pick(own);
    for (let times = random(3); times > 0; times--) payload = spoil(payload);
    bytes += payload.length;
    payloads++;
    const samples = codec.decode(payload);
    if (samples === undefined) continue;
    read++;
    const flaw = flawOf(name, codec, payload, samples);
    if (flaw !== undefined) throw new Error(`${name} gave ${flaw}: ${payload.toString('hex')}`);
  }
  const seconds = (performance.now() - begunAt) / 1000;
  const rates = `${payloads} payloads, ${read} read, ${(bytes / 1e6 / seconds).toFixed(1)} MB/s`;
  console.log(`${name}: ${bytes} bytes, ${rates}`);
}
