import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrame, type Frame, parseFrame } from '../../../drivers/hj212/frame.ts';
import { FrameStream, noStreamCounts } from '../../../drivers/hj212/frame-stream.ts';
import { fuzzHj212 } from './fuzz.ts';

/** Of `node tests/bench/fuzz-hj212.ts`, which takes ten million. */
const SHORT_BYTES = 400_000;

test('random and bitten bytes: nothing is thrown, no frame comes that is not there, no more than one is kept', () => {
  const { wrong, frames, counts } = fuzzHj212(SHORT_BYTES, 212);
  expect(wrong).toEqual([]);
  expect(frames).toBeGreaterThan(500);
  for (const reason of ['length', 'tail', 'crc', 'syntax', 'incomplete'] as const)
    expect(counts[reason], reason).toBeGreaterThan(0);
});

const text = (pattern: RegExp) => fc.stringMatching(pattern);
const value = text(/^[ -%'-+.-:<>-~]{0,20}$/).map((each) => each.trim());
const field = fc.tuple(text(/^[A-Za-z0-9]{1,10}(-[A-Za-z]{1,6})?$/), value);
const frame: fc.Arbitrary<Frame> = fc
  .record({
    qn: fc.option(text(/^\d{17}$/), { nil: undefined }),
    st: text(/^[0-9A-Z]{2}$/),
    cn: text(/^\d{4}$/),
    pw: text(/^[0-9a-zA-Z]{0,8}$/),
    mn: text(/^[0-9A-Za-z]{0,24}$/),
    flag: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
    packet: fc.option(
      fc
        .tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 0, max: 99 }))
        .map(([number, more]) => ({ number, of: number + more })),
      { nil: undefined },
    ),
    cp: fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 10 }),
  })
  .map(({ qn, flag, packet, ...rest }) => ({
    ...rest,
    ...(qn === undefined ? {} : { qn }),
    ...(flag === undefined ? {} : { flag }),
    ...(packet === undefined ? {} : { packet }),
  }));

test('whatever frame is written is read as it was, whole and out of a stream', () => {
  fc.assert(
    fc.property(frame, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }), (wanted, sizes) => {
      const bytes = encodeFrame(wanted);
      expect(parseFrame(bytes, 'lenient')).toEqual(wanted);
      const stream = new FrameStream('lenient', noStreamCounts());
      const found: Frame[] = [];
      for (let at = 0, n = 0; at < bytes.length; n++) {
        const size = sizes[n % sizes.length] ?? 1;
        stream.push(bytes.subarray(at, at + size));
        at += size;
        for (let each = stream.next(); each !== undefined; each = stream.next()) found.push(each);
      }
      expect(found).toEqual([wanted]);
    }),
    { numRuns: 300 },
  );
});

test('no bytes make it throw', () => {
  const noise = fc.uint8Array({ maxLength: 600 });
  const head = text(/^##\d{4}(QN|ST)=[ -~]{0,80}CP=&&[ -~]{0,80}&&[0-9A-F]{4}\r\n$/).map((each) => Buffer.from(each));
  fc.assert(
    fc.property(
      fc.array(fc.oneof(noise, head), { maxLength: 8 }),
      fc.constantFrom('lenient', 'strict'),
      (chunks, mode) => {
        const stream = new FrameStream(mode, noStreamCounts());
        for (const chunk of chunks) {
          stream.push(chunk);
          while (stream.next() !== undefined);
        }
        stream.expire();
        expect(stream.waiting).toBe(0);
      },
    ),
    { numRuns: 500 },
  );
});
