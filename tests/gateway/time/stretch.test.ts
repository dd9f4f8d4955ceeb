import { expect, test } from 'vitest';
import { correctionsOf, MOST_SEGMENTS, type Segment, withSegment } from '../../../gateway/time/stretch.ts';

const HOUR = 3_600_000;
const segment = (from: number, shiftMs: number, more: Partial<Segment> = {}): Segment => ({
  ...{ from, boot: 'b1', shiftMs, trust: 'unknown' },
  ...more,
});
const all = (...each: Segment[]): readonly Segment[] =>
  each.reduce<readonly Segment[]>((segments, next) => withSegment(segments, next), []);
const range = (from: number | null, to: number | null, offsetMs: number | null, trust = 'unknown') => ({
  ...{ from, to, offsetMs, trust },
});
const now = { next: 10, boot: 'b1', shiftMs: 0 };

const rows: readonly [string, readonly Segment[], object[]][] = [
  ['a boot in 1970', all(segment(4, -HOUR * 495_000)), [range(4, 9, HOUR * 495_000)]],
  ['an hour ahead', all(segment(4, HOUR)), [range(4, 9, -HOUR)]],
  [
    'a step in the midst parts what each clock has written',
    all(segment(4, -HOUR), segment(7, 5 * HOUR)),
    [range(4, 6, HOUR), range(7, 9, -5 * HOUR)],
  ],
  ['a clock that was put right before that was told', all(segment(4, -HOUR), segment(7, 0)), [range(4, 6, HOUR)]],
  ['a clock that was right all along is told as such', all(segment(4, 300)), [range(4, 9, -300)]],
  ['nothing was written, and it was right', all(segment(10, 0)), []],
  ['nothing was written, and it was wrong: what was read was', all(segment(10, HOUR)), [range(null, null, -HOUR)]],
  ['a clock that held, and was right, is no matter', all(segment(4, 0, { trust: 'holding' })), []],
  ['a clock that held, and was off', all(segment(4, 2000, { trust: 'holding' })), [range(4, 9, -2000, 'holding')]],
  [
    'of another boot nobody knows by how much',
    all(segment(4, -HOUR, { boot: 'b0' }), segment(7, -HOUR)),
    [range(4, 6, null), range(7, 9, HOUR)],
  ],
  ['of another boot that has written nothing there is nothing to tell', all(segment(10, 0, { boot: 'b0' })), []],
];
test.each(rows)('%s', (_, segments, wanted) => {
  expect(correctionsOf(segments, now)).toEqual(wanted);
});

test('a clock that is stepped for ever has a bound: the oldest lose their offset, and no entry is left out', () => {
  const many = Array.from({ length: MOST_SEGMENTS + 5 }, (_, n) => segment(n + 1, (n + 1) * HOUR));
  const segments = all(...many);
  expect(segments.length).toBe(MOST_SEGMENTS);
  const told = correctionsOf(segments, { ...now, next: many.length + 1 });
  expect(told[0]).toEqual(range(1, 6, null));
  expect(told.at(-1)).toEqual(range(many.length, many.length, -many.length * HOUR));
});
