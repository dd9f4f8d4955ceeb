import { expect, test } from 'vitest';
import type { Point } from '../../drivers/point.ts';
import { Silence } from '../../drivers/silence.ts';

const point = (id: string, everyMs: number): Point => ({
  key: `d/${id}`,
  device: 'd',
  id,
  quantity: 'tilt.angle',
  everyMs,
  source: undefined,
  convert: { factor: 1, offset: 0 },
});

const keys = (points: readonly Point[]) => points.map(({ id }) => id);

test('a point owes a bad reading after three periods, then one a period, until it is heard', () => {
  const silence = new Silence([point('fast', 1000), point('slow', 10_000)], 0);
  expect(silence.nextAt()).toBe(3000);
  expect(keys(silence.takeDue(2999))).toEqual([]);
  expect(keys(silence.takeDue(3000))).toEqual(['fast']);
  expect(silence.nextAt()).toBe(4000);
  expect(keys(silence.takeDue(4000))).toEqual(['fast']);
  silence.heard('d/fast', 4500);
  expect(silence.nextAt()).toBe(7500);
  expect(keys(silence.takeDue(7400))).toEqual([]);
  expect(keys(silence.takeDue(30_000))).toEqual(['fast', 'slow']);
});

test('after a long pause it owes one, not one for each period missed', () => {
  const silence = new Silence([point('fast', 1000)], 0);
  expect(keys(silence.takeDue(60_500))).toEqual(['fast']);
  expect(keys(silence.takeDue(60_999))).toEqual([]);
  expect(silence.nextAt()).toBe(61_000);
});

test('it says what it knows of a point', () => {
  const silence = new Silence([point('fast', 1000)], 0);
  expect(silence.stateOf('d/fast')).toBe('new');
  silence.heard('d/fast', 10);
  expect(silence.stateOf('d/fast')).toBe('heard');
  silence.takeDue(5000);
  expect(silence.stateOf('d/fast')).toBe('silent');
});

test('how many periods make a silence is the driver’s to say, and a time in which nobody could be heard is none', () => {
  const silence = new Silence([point('cover', 1000), point('fast', 1000)], 0, ({ id }) => (id === 'cover' ? 2.5 : 3));
  expect(keys(silence.takeDue(2500))).toEqual(['cover']);
  silence.heard('d/cover', 2600);
  silence.excuse(10_000);
  expect(silence.nextAt()).toBe(13_000);
  expect(keys(silence.takeDue(15_100))).toEqual(['cover', 'fast']);
});
