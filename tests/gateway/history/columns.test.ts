import { expect, test } from 'vitest';
import type { Reading } from '../../../drivers/reading.ts';
import { BYTES_A_READING, packReadings, unpackReadings } from '../../../gateway/history/columns.ts';

const readings: Reading[] = [
  { point: 'noise-07/la', value: 57.1, at: 1_784_125_800_000, tick: 12.5, quality: 'good' },
  {
    point: 'smoke-12/state',
    value: 'alarm',
    at: 1_784_125_800_000,
    tick: 12.5,
    quality: 'good',
    deviceAt: 1_784_125_799_123,
  },
  { point: 'noise-07/la', value: null, at: 1_784_125_801_000, tick: 13.5, quality: 'bad', code: 'no-answer' },
  { point: 'water-1/depth', value: 131.2, at: 1_784_125_801_000, tick: 13.5, quality: 'bad', code: 'out-of-range' },
  { point: 'water-1/depth', value: 0, at: 1_784_125_802_000, tick: 14.5, quality: 'uncertain', code: 'alarm' },
  {
    point: 'smoke-12/state',
    value: 'test',
    at: 1_784_125_802_000,
    tick: 14.5,
    quality: 'good',
    deviceAt: 1_784_100_000_000,
    late: true,
  },
  { point: 'smoke-12/state', value: null, at: 1, tick: 1, quality: 'bad', code: 'late', deviceAt: 0, late: true },
  { point: 'smoke-12/state', value: '', at: -1, tick: 0, quality: 'good', deviceAt: 0 },
];

test('readings come back from their columns as they were', () => {
  const { buffer, points, texts } = packReadings(readings);
  expect(buffer.byteLength).toBe(readings.length * BYTES_A_READING);
  expect(points).toEqual(['noise-07/la', 'smoke-12/state', 'water-1/depth']);
  expect(texts).toEqual(['alarm', 'no-answer', 'out-of-range', 'test', 'late', '']);
  expect(unpackReadings(buffer, texts, (point) => points[point])).toEqual(readings);
  expect(unpackReadings(...([packReadings([]).buffer, [], () => 'x'] as const))).toEqual([]);
});

test('only the points that are known come back', () => {
  const { buffer, points, texts } = packReadings(readings);
  const wanted = (point: number) => (points[point] === 'water-1/depth' ? points[point] : undefined);
  expect(unpackReadings(buffer, texts, wanted)).toEqual(readings.slice(3, 5));
});
