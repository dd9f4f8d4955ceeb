import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Aggregate,
  Aggregates,
  DAY_MS,
  HOUR_MS,
  joinedInto,
  leqOf,
  MINUTE_MS,
  meanOf,
} from '../../../gateway/history/aggregate.ts';
import { decodeAggregates, encodeAggregates } from '../../../gateway/history/aggregate-column.ts';
import { START } from './readings.ts';

type Read = readonly [value: number | string | null, quality: 'good' | 'bad', at: number];

const aggregated = (slotMs: number, reads: readonly Read[], isNoise = true): Aggregate[] => {
  const rows = new Aggregates(slotMs, isNoise);
  for (const read of reads) rows.add(...read);
  return rows.rows();
};
/** All but mean and energy, which are rounded. */
const exact = ({ sum: _sum, energy: _energy, ...row }: Aggregate) => row;

const level = fc.integer({ min: 300, max: 1200 }).map((tenths) => tenths / 10);
const value = fc.oneof(
  { arbitrary: level, weight: 8 },
  { arbitrary: fc.constantFrom('normal', 'alarm'), weight: 1 },
  { arbitrary: fc.constant(null), weight: 1 },
);
const reads = fc
  .array(fc.tuple(value, fc.constantFrom('good', 'good', 'good', 'bad'), fc.nat(3 * HOUR_MS)), { maxLength: 300 })
  .map((list) => list.map(([v, q, ms]): Read => [v, q as Read[1], START + ms]).sort((a, b) => a[2] - b[2]));

describe('minutes, hours and days', () => {
  test('come back from their columns; means and Leq to 0.001', () => {
    fc.assert(
      fc.property(reads, fc.constantFrom(MINUTE_MS, HOUR_MS), fc.boolean(), (list, slotMs, isNoise) => {
        const rows = aggregated(slotMs, list, isNoise);
        const back = decodeAggregates(encodeAggregates(rows, slotMs), slotMs);
        expect(back.map(exact)).toEqual(rows.map(exact));
        back.forEach((row, i) => {
          const was = rows[i];
          if (was === undefined || row.min === null) return;
          expect(Math.abs((meanOf(row) ?? 0) - (meanOf(was) ?? 0))).toBeLessThan(0.00051);
          expect(row.energy === null).toBe(!isNoise);
          if (isNoise) expect(Math.abs((leqOf(row) ?? 0) - (leqOf(was) ?? 0))).toBeLessThan(0.001);
        });
      }),
    );
  });

  test('joined from parts, however they are cut, are those of all readings', () => {
    fc.assert(
      fc.property(reads, fc.nat(300), (list, cut) => {
        const minutes = [...aggregated(MINUTE_MS, list.slice(0, cut)), ...aggregated(MINUTE_MS, list.slice(cut))];
        for (const slotMs of [MINUTE_MS, HOUR_MS, DAY_MS]) {
          const whole = aggregated(slotMs, list);
          const joined = joinedInto(slotMs, minutes);
          expect(joined.map(exact)).toEqual(whole.map(exact));
          joined.forEach((row, i) => {
            expect(row.sum).toBeCloseTo(whole[i]?.sum ?? 0, 6);
            expect((row.energy ?? 0) / (whole[i]?.energy || 1)).toBeCloseTo(row.energy === 0 ? 0 : 1, 9);
          });
        }
      }),
    );
  });

  // GB 3785 and the facts: two equal levels of half the time each, one 10 dB above, are 7.404 dB above the lower.
  test('the Leq is that of the energies: 60 and 70 dB for half the time each are 67.404 dB', () => {
    const list = Array.from({ length: 60 }, (_, i): Read => [i % 2 === 0 ? 60 : 70, 'good', START + i * 1000]);
    const [row] = decodeAggregates(encodeAggregates(aggregated(MINUTE_MS, list), MINUTE_MS), MINUTE_MS);
    expect(row && leqOf(row)).toBeCloseTo(67.404, 3);
    expect(row && meanOf(row)).toBe(65);
    expect(row).toMatchObject({ count: 60, good: 60, min: 60, max: 70, minAt: START, maxAt: START + 1000 });
  });

  test('what is not finite, or beyond all measure, harms no other', () => {
    const list: Read[] = [
      [Number.NaN, 'good', START],
      [1e308, 'good', START + 1000],
      [1e308, 'good', START + 2000],
      [5, 'good', START + MINUTE_MS],
    ];
    const back = decodeAggregates(encodeAggregates(aggregated(MINUTE_MS, list), MINUTE_MS), MINUTE_MS);
    expect(back.map(({ count, good, max }) => [count, good, max])).toEqual([
      [3, 2, 1e308],
      [1, 1, 5],
    ]);
  });
});
