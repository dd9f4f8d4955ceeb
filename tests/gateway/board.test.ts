import { expect, test } from 'vitest';
import type { SitePoint } from '../../config/site.ts';
import type { Reading } from '../../drivers/reading.ts';
import { Board } from '../../gateway/board.ts';
import { aPoint } from '../tools/judged.ts';

const POINT: SitePoint = { ...aPoint(), link: 'bus-1', source: null, convert: { factor: 1, offset: 0 } };

const reading = (at: number, value: number, more: Partial<Reading> = {}): Reading => ({
  point: POINT.key,
  value,
  at,
  tick: at,
  quality: 'good',
  ...more,
});
const late = (at: number, value: number, deviceAt: number) => reading(at, value, { deviceAt, late: true });

test.each<[string, readonly Reading[], number, readonly number[]]>([
  ['the newest is shown', [reading(1, 10), reading(2, 20)], 20, [10, 20]],
  ['a late one where nothing is known', [late(9, 30, 1)], 30, [30]],
  ['a late one never in the place of a newer', [reading(5, 10), late(9, 30, 4)], 10, [10]],
  ['a late one in the place of an older', [reading(5, 10), late(9, 30, 6)], 30, [10, 30]],
  ['a late one after a newer late one', [late(5, 10, 4), late(6, 30, 3)], 10, [10]],
])('%s', (_, readings, shown, told) => {
  const board = new Board([POINT]);
  const heard: unknown[] = [];
  board.listen((batch) => heard.push(...batch.map(({ value }) => value)));
  for (const each of readings) board.take([each]);
  expect(board.points()[0]?.last?.value).toBe(shown);
  expect(heard).toEqual(told);
  expect(board.counts.good).toBe(readings.length);
});
