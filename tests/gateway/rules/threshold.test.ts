import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Limit } from '../../../gateway/rules/rule.ts';
import { bandsOf, Threshold } from '../../../gateway/rules/threshold.ts';

const bands = (...limits: readonly Limit[]) =>
  bandsOf(limits.map((limit) => new Threshold(limit, 0))).map(({ low, high }) => [low, high]);
const NONE = [Number.NaN, Number.NaN];
const [UP, DOWN] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const NEXT = 55.00000000000001;

test.each<{ readonly says: string; readonly limits: readonly Limit[]; readonly bands: readonly (readonly number[])[] }>(
  [
    {
      says: 'a ladder upwards: to its first limit, from just above it to the next, above the last',
      limits: [{ above: 55 }, { atLeast: 60 }],
      bands: [
        [DOWN, 55],
        [NEXT, 59.99999999999999],
        [60, UP],
      ],
    },
    {
      says: 'a ladder downwards',
      limits: [{ atMost: 20 }, { below: 10 }],
      bands: [
        [20.000000000000004, UP],
        [10, 20],
        [DOWN, 9.999999999999998],
      ],
    },
    { says: 'beyond a range lies on either side of it', limits: [{ outside: [40, 55] }], bands: [[40, 55], NONE] },
    {
      says: 'levels that are the wrong way round are never passed one by one',
      limits: [{ above: 60 }, { above: 55 }],
      bands: [
        [DOWN, 55],
        [60.00000000000001, 55],
        [60.00000000000001, UP],
      ],
    },
  ],
)('$says', ({ limits, bands: expected }) => {
  expect(bands(...limits)).toEqual(expected);
});

test('a value lies in the band of so many levels if it passes these and no other', () => {
  const number = fc.integer({ min: -30, max: 30 }).map((tenths) => tenths / 10);
  const limit = fc.oneof(
    number.map((above): Limit => ({ above })),
    number.map((atLeast): Limit => ({ atLeast })),
    number.map((below): Limit => ({ below })),
    number.map((atMost): Limit => ({ atMost })),
    fc.tuple(number, number).map(([a, b]): Limit => ({ outside: [Math.min(a, b), Math.max(a, b)] })),
  );
  fc.assert(
    fc.property(fc.array(limit, { minLength: 1, maxLength: 4 }), number, (limits, value) => {
      const thresholds = limits.map((each) => new Threshold(each, 0));
      for (const [held, { low, high }] of bandsOf(thresholds).entries()) {
        if (Number.isNaN(low)) continue;
        const isSo = thresholds.every((each, i) => each.isPassed(value) === i < held);
        expect(value >= low && value <= high).toBe(isSo);
      }
    }),
    { numRuns: 500 },
  );
});
