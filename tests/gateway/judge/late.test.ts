import { describe, expect, test } from 'vitest';
import type { Reading } from '../../../drivers/reading.ts';
import { inTime, Lateness } from '../../../gateway/judge/late.ts';
import type { Trust } from '../../../gateway/kit/clock.ts';

const START = Date.parse('2026-07-15T22:00:00+08:00');
const POINTS = [
  { key: 'd/p', everyMs: 10_000 },
  { key: 'd/q', everyMs: 10_000 },
];

/** `at` and own time in seconds; null: it has none. */
type Row = readonly [at: number, own: number | null, more?: Partial<Reading>];

const readingOf = ([at, own, more]: Row): Reading => ({
  point: 'd/p',
  value: 1,
  at: START + at * 1000,
  tick: START + at * 1000,
  quality: 'good',
  ...(own === null ? {} : { deviceAt: START + own * 1000 }),
  ...more,
});

/** Each batch's own times, those in time first, then those marked late. */
function decide(batches: readonly (readonly Row[])[], trust: Trust = 'synchronised'): string {
  const lateness = new Lateness(POINTS);
  const own = ({ at, deviceAt, point }: Reading) =>
    `${((deviceAt ?? at) - START) / 1000}${point === 'd/p' ? '' : point}`;
  return batches
    .map((rows) => {
      const marked = lateness.mark(rows.map(readingOf), trust);
      const late = marked.filter((reading) => reading.late);
      return `${inTime(marked).map(own).join(' ')}${late.length > 0 ? ` late ${late.map(own).join(' ')}` : ''}`.trim();
    })
    .join(', ');
}

const bad = { value: null, quality: 'bad', code: 'no-answer' } as const;
const q = { point: 'd/q' } as const;

describe('which readings are late', () => {
  test.each<[string, readonly (readonly Row[])[], string]>([
    ['without a time of its own none is', [[[0, null]], [[5, null]]], '0, 5'],
    ['one of three periods ago is not, one of more is', [[[40, 10]], [[80, 49.999]]], '10, late 49.999'],
    ['one older than the last one taken is', [[[50, 45]], [[51, 44]]], '45, late 44'],
    ['one of the same time as the last is not', [[[50, 45]], [[51, 45]]], '45, 45'],
    ['what was late is not the last one taken', [[[50, 0]], [[60, 30]]], 'late 0, 30'],
    ['a bad one without a time is not, after one that has it', [[[50, 45]], [[60, null, bad]]], '45, 60'],
    ['a bad one that has a time is judged as any other', [[[50, 45]], [[51, 44, bad]]], '45, late 44'],
    ['each point has its own last one', [[[50, 45]], [[51, 44, q]]], '45, 44d/q'],
    ['a point that nobody knows is not', [[[50, -900, { point: 'x/y' }]]], '-900x/y'],
    [
      'of a batch all that are young enough are taken, in the order of their own times',
      [
        [
          [50, 50],
          [50, 30],
          [50, 10],
          [50, 40],
        ],
      ],
      '30 40 50 late 10',
    ],
    ['one that is marked stays late', [[[50, 50, { late: true }]], [[51, 40]]], 'late 50, 40'],
    ['a little ahead is remembered', [[[0, 20]], [[10, 19]]], '20, late 19'],
    [
      'ahead by more than three periods is not, so that what comes right is taken',
      [[[0, 9999]], [[10, 10]]],
      '9999, 10',
    ],
  ])('%s', (_, batches, wanted) => {
    expect(decide(batches)).toBe(wanted);
  });

  test('while the clock is not trusted age is none, and the order of own times stays', () => {
    expect(decide([[[9000, 0]], [[9001, 1]], [[9002, 0]]], 'unknown')).toBe('0, 1, late 0');
    expect(decide([[[9000, 0]]], 'holding')).toBe('late 0');
  });

  test('a batch without own times is handed on as it is, and what is late is counted', () => {
    const lateness = new Lateness(POINTS);
    const batch = [readingOf([0, null])];
    expect(lateness.mark(batch, 'synchronised')).toBe(batch);
    expect(inTime(batch)).toBe(batch);
    lateness.mark([readingOf([50, 0]), readingOf([50, 50])], 'synchronised');
    expect(lateness.count).toBe(1);
  });

  test('what history has is recalled: nothing older is taken after a start, what was late is not counted on', () => {
    const lateness = new Lateness(POINTS);
    lateness.recall([readingOf([50, 45]), readingOf([51, 49, { late: true }])]);
    const [older, newer] = lateness.mark([readingOf([52, 44]), readingOf([52, 46])], 'synchronised');
    expect([older?.late, newer?.late]).toEqual([true, undefined]);
  });

  test.each<[string, Row, Row, boolean]>([
    ['the one taken last comes again after a start', [50, 45], [52, 45], true],
    ['another value at the same time', [50, 45], [52, 45, { value: 2 }], false],
    ['one of another time', [50, 45], [52, 46], false],
    ['one without a time of its own', [50, null], [52, null], false],
  ])('%s', (_, before, after, isLate) => {
    const lateness = new Lateness(POINTS);
    lateness.recall([readingOf([40, 35]), readingOf(before)]);
    expect(lateness.mark([readingOf(after)], 'synchronised')[0]?.late === true).toBe(isLate);
    // A clock that stands silences nobody.
    expect(lateness.mark([readingOf(after)], 'synchronised')[0]?.late).toBeUndefined();
  });
});
