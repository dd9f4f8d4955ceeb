import { type Frame, MOST_BYTES } from '../../../drivers/hj212/frame.ts';
import { FrameStream, noStreamCounts, type StreamCounts } from '../../../drivers/hj212/frame-stream.ts';
import { readFrame } from '../../../drivers/hj212/values.ts';
import { sealOf } from '../../../firmware-sim/hj212/frame.ts';
import { openZone } from '../../../gateway/kit/zone.ts';
import { makePoint } from './site.ts';
import { vectors } from './vectors.ts';

const ROUND_BYTES = 20_000;
const CHUNKS = [1, 7, 64, 700, 5000];
const zone = openZone('Asia/Shanghai');
const points = ['LA-Rtd', 'a34001-Rtd', 'a34041-Rtd', 'SB7-RS', 'Leq-Data'].map((factor) => makePoint(factor));
const NUMBER = /^[+-]?\d+(\.\d+)?$/;

export interface FuzzResult {
  readonly frames: number;
  readonly values: number;
  readonly counts: StreamCounts;
  /** A sentence for each frame that nothing in the bytes bears out, and each value that its text does not. */
  readonly wrong: readonly string[];
  /** Most bytes that the parser kept. */
  readonly most: number;
}

/** Numbers from 0 to below `below`, the same for the same seed (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Good frames, frames that were bitten, heads that promise, and noise. */
function makeBytes(roll: (below: number) => number): Buffer {
  const parts: Buffer[] = [];
  for (let size = 0; size < ROUND_BYTES; size += parts.at(-1)?.length ?? 1) {
    const good = Buffer.from(vectors[roll(vectors.length)]?.frame ?? '');
    const kind = roll(8);
    if (kind < 2) parts.push(good);
    else if (kind === 2) parts.push(Buffer.from(Array.from({ length: 1 + roll(300) }, () => roll(256))));
    else if (kind === 3) parts.push(Buffer.from(`##${String(roll(10_000)).padStart(4, '0')}QN=${roll(10 ** 9)}`));
    else if (kind === 4) parts.push(resealed(good, roll));
    else parts.push(bitten(good, roll));
  }
  return Buffer.concat(parts);
}

function bitten(good: Buffer, roll: (below: number) => number): Buffer {
  let bytes = [...good];
  for (let bites = 1 + roll(4); bites > 0; bites--) {
    const at = roll(bytes.length);
    const kind = roll(5);
    if (kind === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << roll(8));
    else if (kind === 1) bytes.splice(at, 1 + roll(8));
    else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(at, at + 1 + roll(8)));
    else if (kind === 3) bytes = bytes.slice(0, at + 1);
    else bytes[at] = roll(256);
    if (bytes.length === 0) break;
  }
  return Buffer.from(bytes);
}

/** Bitten within its data, and sealed again: its CRC is right, so that only its grammar can refuse it. */
function resealed(good: Buffer, roll: (below: number) => number): Buffer {
  const text = bitten(good.subarray(6, -6), roll)
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]/g, '?');
  return Buffer.from(`##${String(text.length).padStart(4, '0')}${text}${sealOf(text)}\r\n`);
}

/** Every data segment in the bytes whose length, CRC and tail are right, wherever it stands; found without the parser. */
function findSegments(bytes: Buffer): Set<string> {
  const text = bytes.toString('latin1');
  const found = new Set<string>();
  for (const { index } of text.matchAll(/#(?=#\d{4})/g)) {
    const start = index + 6;
    const length = Number(text.slice(index + 2, start));
    if (!/^[0-9A-Fa-f]{4}\r?\n/.test(text.slice(start + length, start + length + 6))) continue;
    // Its bytes, which need be no text: of two that are wrong one in 256 frames has a right CRC.
    const segment = bytes.subarray(start, start + length);
    const seal = text.slice(start + length, start + length + 4).toUpperCase();
    if (sealOf(segment) === seal) found.add(normal(segment.toString()));
  }
  return found;
}

/** Header fields and sub-fields, sorted, without blanks: what a frame says, whoever writes it. */
const normal = (segment: string): string =>
  segment
    .split(/[;,]|CP=&&|&&$/)
    .map((piece) => piece.trim().replace(/^(Flag|PNUM|PNO)=0+(?=\d)/, '$1='))
    .filter((piece) => piece !== '' && piece !== '&&')
    .sort()
    .join(';');

function wordsOf({ qn, st, cn, pw, mn, flag, packet, cp }: Frame): string[] {
  const header = Object.entries({
    QN: qn,
    ST: st,
    CN: cn,
    PW: pw,
    MN: mn,
    Flag: flag,
    PNUM: packet?.of,
    PNO: packet?.number,
  });
  return [
    ...header.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`${name}=${value}`])),
    ...cp.flat().map(([name, value]) => `${name}=${value}`),
  ];
}

/** Throws only if the parser does. */
export function fuzzHj212(bytes: number, seed: number): FuzzResult {
  const roll = dice(seed);
  const counts = noStreamCounts();
  const wrong: string[] = [];
  let [frames, values, most, spent] = [0, 0, 0, 0];
  while (spent < bytes) {
    const round = makeBytes(roll);
    const segments = findSegments(round);
    const stream = new FrameStream('lenient', counts);
    for (let at = 0; at < round.length; ) {
      const size = 1 + roll(CHUNKS[roll(CHUNKS.length)] ?? 1);
      stream.push(round.subarray(at, at + size));
      at += size;
      for (let frame = stream.next(); frame !== undefined; frame = stream.next()) {
        frames++;
        const words = wordsOf(frame);
        const isThere = [...segments].some((segment) => words.every((word) => `;${segment};`.includes(`;${word};`)));
        if (!isThere) wrong.push(`a frame that is not there: ${words.join(';')}`);
        for (const { value, quality, point } of readFrame(points, frame, zone).readings) {
          values++;
          const text = words.find((word) => `d/${word.toLowerCase()}`.startsWith(`${point}=`))?.split('=')[1] ?? '';
          if (quality === 'good' && typeof value === 'number' && !NUMBER.test(text)) wrong.push(`${value} of ${text}`);
        }
      }
      most = Math.max(most, stream.waiting);
    }
    stream.expire();
    spent += round.length;
  }
  if (most > MOST_BYTES.lenient + 16) wrong.push(`${most} bytes were kept`);
  return { frames, values, counts, wrong, most };
}
