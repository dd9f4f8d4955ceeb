import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Sample, thinSamples } from '../../../gateway/history/sample.ts';

const good = (at: number, value: number | string, weight = 1): Sample => ({ at, value, quality: 'good', weight });
const bad = (at: number): Sample => ({ at, value: null, quality: 'bad', weight: 1 });
const valuesOf = (samples: readonly Sample[]) => samples.map(({ at, value }) => [at, value]);

describe('samples are thinned', () => {
  const rows: [what: string, samples: Sample[], points: number, kept: [number, number | string | null][]][] = [
    [
      'few enough are all kept, in order',
      [good(2, 7), good(1, 5), bad(3)],
      3,
      [
        [1, 5],
        [2, 7],
        [3, null],
      ],
    ],
    [
      'the lowest and the highest of each part',
      [1, 9, 3, 4, 8, 2].map((value, at) => good(at, value)),
      4,
      [
        [0, 1],
        [1, 9],
        [4, 8],
        [5, 2],
      ],
    ],
    [
      'a part of one value keeps it once',
      [good(0, 5), good(1, 5), good(2, 5), good(3, 6), good(4, 6), good(5, 7)],
      4,
      [
        [0, 5],
        [3, 6],
        [5, 7],
      ],
    ],
    [
      'a part without a good value shows the gap',
      [good(0, 5), good(1, 6), good(2, 7), bad(3), bad(4), bad(5)],
      4,
      [
        [0, 5],
        [2, 7],
        [3, null],
      ],
    ],
    [
      'bad ones do not hide good ones',
      [bad(0), good(1, 6), bad(2), bad(3), bad(4), good(5, 1)],
      4,
      [
        [1, 6],
        [5, 1],
      ],
    ],
    [
      'a state that was seen once is kept beside the commonest',
      ['n', 'n', 'alarm', 'n', 'n', 'n'].map((value, at) => good(at, value)),
      4,
      [
        [0, 'n'],
        [2, 'alarm'],
        [3, 'n'],
      ],
    ],
    [
      'a state weighs what it stands for',
      [good(0, 'normal', 59), good(1, 'alarm', 1), good(1, 'test', 30)],
      2,
      [
        [0, 'normal'],
        [1, 'alarm'],
      ],
    ],
  ];
  test.each(rows)('%s', (_, samples, points, kept) => {
    expect(valuesOf(thinSamples(samples, 0, Math.max(...samples.map(({ at }) => at)), points))).toEqual(kept);
  });

  test('to at most what was asked for, with the extremes of all among them', () => {
    const numbers = fc.array(fc.tuple(fc.nat(1000), fc.integer()), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(numbers, fc.integer({ min: 2, max: 50 }), (pairs, points) => {
        const samples = pairs.map(([at, value]) => good(at, value));
        const kept = thinSamples(samples, 0, 1000, points);
        expect(kept.length).toBeLessThanOrEqual(points);
        const values = samples.map(({ value }) => Number(value));
        const keptValues = kept.map(({ value }) => Number(value));
        expect(Math.max(...keptValues)).toBe(Math.max(...values));
        expect(Math.min(...keptValues)).toBe(Math.min(...values));
        expect(kept.map(({ at }) => at)).toEqual(kept.map(({ at }) => at).toSorted((a, b) => a - b));
      }),
    );
  });
});
