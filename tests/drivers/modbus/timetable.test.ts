import { expect, test } from 'vitest';
import { Timetable } from '../../../drivers/modbus/timetable.ts';

const at = (text: string) => Date.parse(`2026-07-15T${text}Z`);

/** Looks at the table at each `wall`, the tick being `tick` seconds; shows what was due. */
function look(table: Timetable, wall: string, tickSeconds: number): string {
  return table
    .take(at(wall), tickSeconds * 1000)
    .map(({ everyMs, skipped }) => `${everyMs / 1000}s${skipped > 0 ? ` skipped ${skipped}` : ''}`)
    .join(', ');
}

test('due at once, then on whole multiples of the period, once each', () => {
  const table = new Timetable([5000, 2000]);
  expect(look(table, '22:00:01.300', 1.3)).toBe('5s, 2s');
  expect(look(table, '22:00:01.999', 2)).toBe('');
  expect(look(table, '22:00:02', 2)).toBe('2s');
  expect(look(table, '22:00:02', 2)).toBe('');
  expect(look(table, '22:00:04', 4)).toBe('2s');
  expect(look(table, '22:00:05', 5)).toBe('5s');
  expect(table.untilNext(at('22:00:05'))).toBe(1000);
  expect(table.untilNext(at('22:00:05'), (everyMs) => everyMs === 5000)).toBe(5000);
});

test('periods that went by unseen are told', () => {
  const table = new Timetable([1000]);
  look(table, '22:00:00', 0);
  expect(look(table, '22:00:04.200', 4.2)).toBe('1s skipped 3');
});

test('a step of the wall clock forward is due once and nothing was skipped', () => {
  const table = new Timetable([1000]);
  look(table, '22:00:00', 0);
  expect(look(table, '23:00:00.400', 0.4)).toBe('1s');
  expect(look(table, '23:00:01', 1)).toBe('1s');
});

test('a step backward is due once, and goes on from there', () => {
  const table = new Timetable([1000]);
  look(table, '22:00:00', 0);
  expect(look(table, '21:00:00.400', 0.4)).toBe('1s');
  expect(look(table, '21:00:00.900', 0.9)).toBe('');
  expect(look(table, '21:00:01', 1)).toBe('1s');
});
