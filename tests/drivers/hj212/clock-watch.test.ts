import { describe, expect, test } from 'vitest';
import { ClockWatch } from '../../../drivers/hj212/clock-watch.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-07-15T14:00:00Z');

/** What the gateway's clock says, what the data says of itself, and of which data it is; seconds after the first. */
type Told = readonly [line: number, said: number, source?: number];

/** What becomes of a clock that gives these times, of data each 30 s and each 10 min: news, and seconds it is off at the end. */
function becomes(times: readonly Told[]) {
  const watch = new ClockWatch();
  const news = times.map(([line, said, source = 0]) => {
    const at = NOW + said * 1000;
    return watch.hear(at, source === 0 ? 30_000 : 600_000, source, NOW + line * 1000, line * 1000) ?? '-';
  });
  return [news.join(' '), watch.offMs === undefined ? undefined : watch.offMs / 1000];
}

/** Every 30 s from there on, so far off. */
const each = (count: number, off: number, from = 0): Told[] =>
  Array.from({ length: count }, (_, i) => [from + i * 30, from + i * 30 + off] as const);

describe('a clock is off', () => {
  test.each<[says: string, times: readonly Told[], news: string, offS: number | undefined]>([
    ['not when it is right', each(5, -1), '- - - - -', undefined],
    ['not when it is three periods behind, as values may be', each(5, -90), '- - - - -', undefined],
    ['when it is more than that behind for a minute', each(4, -91), '- - off -', -91],
    ['when it is ahead', each(3, 91), '- - off', 91],
    ['when it is in another zone: eight hours behind', each(3, -8 * HOUR), '- - off', -8 * HOUR],
    ['when its date is wrong: a day', each(3, -DAY), '- - off', -DAY],
    ['once, however long it is', each(200, -DAY), `- - off${' -'.repeat(197)}`, -DAY],
    [
      'when it stands: it is ever further off',
      [0, 30, 60, 90].map((line) => [line, -1000] as const),
      '- - off -',
      -1090,
    ],
    ['not by one time: it may be of a value that was kept', [[0, -HOUR]], '-', undefined],
    ['not by two in one second', [...each(1, -HOUR), [1, -HOUR + 1]], '- -', undefined],
    [
      'not while what was kept comes, faster than it was measured',
      Array.from({ length: 100 }, (_, i) => [i, -DAY + i * 30] as const),
      Array(100).fill('-').join(' '),
      undefined,
    ],
    [
      'not while what was kept comes between what is new',
      Array.from({ length: 10 }, (_, i) => [i * 15, i % 2 === 0 ? i * 15 : -DAY + i * 15] as const),
      Array(10).fill('-').join(' '),
      undefined,
    ],
  ])('%s', (_says, times, news, offS) => {
    expect(becomes(times)).toEqual([news, offS]);
  });
});

describe('a clock that was off', () => {
  const off = each(3, -DAY);
  test.each<[says: string, times: readonly Told[], news: string, offS: number | undefined]>([
    ['is right again with the first time that is', [[90, 89]], 'right', undefined],
    ['is not yet right at two periods and a half', each(3, -75, 90), '- - -', -75],
    ['is right again at two', each(1, -60, 90), 'right', undefined],
    ['may be off again, and that is told again', [...each(1, 0, 90), ...each(3, -DAY, 120)], 'right - - off', -DAY],
    ['that is moved and still off is off by what it is now', each(3, -HOUR, 90), '- - -', -HOUR],
    ['is off while what was kept comes', [[90, -HOUR]], '-', -DAY],
  ])('%s', (_says, times, news, offS) => {
    expect(becomes([...off, ...times])).toEqual([`- - off ${news}`, offS]);
  });

  test('is one that nobody knows of, when it is forgotten', () => {
    const watch = new ClockWatch();
    for (const line of [0, 60_000]) watch.hear(NOW, 1000, 0, NOW + line + 10_000, line);
    expect(watch.offMs).toBe(-70_000);
    watch.forget();
    expect(watch.offMs).toBe(undefined);
  });
});

describe('of several data', () => {
  test.each<[says: string, times: readonly Told[], news: string, offS: number | undefined]>([
    [
      'the finest counts, also where coarser data is within its own periods',
      [...each(2, -600), [45, -555, 1], ...each(1, -600, 60), [75, -500, 1]],
      '- - - off -',
      -600,
    ],
    [
      'a coarser one begins, and counts for nothing once finer data has come',
      [
        [0, -DAY, 1],
        [30, 30],
        [600, -DAY + 600, 1],
        [630, 630],
      ],
      '- - - -',
      undefined,
    ],
    [
      'the coarser counts alone',
      [
        [0, -DAY, 1],
        [600, -DAY + 600, 1],
      ],
      '- off',
      -DAY,
    ],
    [
      'the coarser counts when the finest has not come for an hour',
      [...each(3, -DAY), [HOUR + 60, HOUR + 60, 1]],
      '- - off right',
      undefined,
    ],
  ])('%s', (_says, times, news, offS) => {
    expect(becomes(times)).toEqual([news, offS]);
  });
});
