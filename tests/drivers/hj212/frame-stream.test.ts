import { describe, expect, test } from 'vitest';
import { type Frame, MOST_BYTES, type Mode } from '../../../drivers/hj212/frame.ts';
import { FrameStream, noStreamCounts, type StreamCounts } from '../../../drivers/hj212/frame-stream.ts';
import { negative, streams, vectorOf, vectors } from './vectors.ts';

function read(chunks: readonly (string | Uint8Array)[], mode: Mode = 'lenient') {
  const counts = noStreamCounts();
  const stream = new FrameStream(mode, counts);
  const frames: Frame[] = [];
  let most = 0;
  for (const chunk of chunks) {
    stream.push(Buffer.from(chunk));
    for (let frame = stream.next(); frame !== undefined; frame = stream.next()) frames.push(frame);
    most = Math.max(most, stream.waiting);
  }
  return { frames, counts, most, stream };
}

const nonZero = (counts: StreamCounts) => Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

const one = vectorOf('std-c25-noise-realtime');
const two = vectorOf('std-c26-noise-minute');
const broken = one.frame.replace('50.1', '50.7');
const bytesOf = (text: string) => [...Buffer.from(text)].map((byte) => Buffer.from([byte]));

describe('frames are found', () => {
  test.each<[says: string, chunks: readonly string[], frames: number, counts: Partial<StreamCounts>]>([
    ['one in one piece', [one.frame], 1, {}],
    ['two glued together', [one.frame + two.frame], 2, {}],
    ['one in two pieces, cut in the head', [one.frame.slice(0, 3), one.frame.slice(3)], 1, {}],
    ['cut between CR and LF', [one.frame.slice(0, -1), one.frame.slice(-1) + two.frame], 2, {}],
    ['garbage before', [`AT+CSQ\r\n\0\0${one.frame}`], 1, { garbage: 8 }],
    ['empty lines between', [`\r\n${one.frame}\r\n\n${two.frame}`], 2, {}],
    ['hashes before', [`#####${one.frame}`], 1, { garbage: 5 }],
    ['a head whose field is none', [`##0101XX=1;${one.frame}`], 1, { garbage: 11 }],
    ['a broken frame, then a good one', [broken + two.frame], 1, { crc: 1 }],
    ['one cut off in the middle, then a good one', [one.frame.slice(0, 60) + two.frame], 1, { length: 1, garbage: 59 }],
    ['one without its tail, then a good one', [one.frame.trimEnd() + two.frame], 1, { length: 1, garbage: 131 }],
    [
      'one with bytes lost in the midst, then a good one',
      [one.frame.replace('50.1', '') + two.frame],
      1,
      { length: 1, garbage: 127 },
    ],
    [
      'one with bytes doubled, then a good one',
      [one.frame.replace('50.1', '50.150.1') + two.frame],
      1,
      { length: 1, garbage: 135 },
    ],
    [
      'a length that is beyond the bound, then a good one',
      [one.frame.replace('##0122', '##9999') + two.frame],
      1,
      { length: 1, garbage: 131 },
    ],
    [
      'a length that is too long but within it, then a good one',
      [one.frame.replace('##0122', '##0999') + two.frame],
      1,
      { length: 1, garbage: 131 },
    ],
    ['a good one within one that never ends', [`##0300QN=2016${one.frame}`], 1, { length: 1, garbage: 12 }],
    ['half a head is waited for', ['##01'], 0, {}],
  ])('%s', (_says, chunks, frames, counts) => {
    const found = read(chunks);
    expect(found.frames).toHaveLength(frames);
    expect(nonZero(found.counts)).toEqual(counts);
    // Byte for byte it is the same.
    const slow = read(chunks.flatMap(bytesOf));
    expect(slow.frames).toEqual(found.frames);
    expect(nonZero(slow.counts)).toEqual(counts);
  });

  test.each(streams)('$id', ({ chunks, expectFrames, ...rest }) => {
    const { frames, counts } = read(chunks);
    expect(frames).toEqual(expectFrames.map((id) => vectorOf(id).says));
    expect(counts.crc).toBe('expectErrors' in rest ? 1 : 0);
  });

  test('all vectors in one stream, cut at every place', () => {
    const all = Buffer.from(vectors.map(({ frame }) => frame).join(''));
    const wanted = vectors.map(({ says }) => says);
    for (let cut = 1; cut < all.length; cut += 7) {
      expect(read([all.subarray(0, cut), all.subarray(cut)]).frames).toEqual(wanted);
    }
  });
});

test.each(negative)('$id: $why', ({ frame, expect: how }) => {
  const [lenient, strict] = (['lenient', 'strict'] as const).map((mode) => read([frame], mode));
  const good = vectorOf('std-1062-set-rtd-interval').says;
  expect(lenient?.frames).toEqual(how === 'lenient-accept' ? [good] : []);
  expect(strict?.frames).toEqual([]);
  if (how === 'crc-error') expect(nonZero(lenient?.counts ?? noStreamCounts())).toEqual({ crc: 1 });
  if (how.startsWith('resync')) expect(lenient?.counts.length).toBe(1);
  if (how !== 'wait-then-timeout') return;
  // It is waited for until nothing has come for long.
  expect(nonZero(lenient?.counts ?? noStreamCounts())).toEqual({});
  lenient?.stream.expire();
  expect(lenient?.counts.incomplete).toBe(1);
  expect(lenient?.stream.waiting).toBe(0);
  expect(read([frame, '\r\n']).frames).toEqual([good]);
});

test('after it was given up, the next frame is taken', () => {
  const { stream } = read([one.frame.slice(0, 50)]);
  stream.expire();
  stream.push(Buffer.from(one.frame));
  expect(stream.next()).toEqual(one.says);
});

test.each<[says: string, chunk: string]>([
  ['heads that promise the most and never end', '##4096QN='],
  ['hashes', '#'],
  ['a head and then printable bytes', `##4000QN=${'1'.repeat(90)}`],
  ['a head beyond the bound and then printable bytes', `##9999QN=${'1'.repeat(9990)}`],
  ['bytes that are nothing', 'x'.repeat(1000)],
])('whatever comes, no more than one frame is kept: %s', (_says, chunk) => {
  const { most, frames } = read(Array.from({ length: 3000 }, () => chunk));
  expect(most).toBeLessThanOrEqual(MOST_BYTES.lenient + 16);
  expect(frames).toEqual([]);
});
