import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Fold, Span } from '../../../gateway/rules/span.ts';

const FOLDS: Readonly<Record<Fold, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((a, b) => a + b),
  least: (values) => Math.min(...values),
  most: (values) => Math.max(...values),
};
const OVER = 100;

test.each(Object.keys(FOLDS) as Fold[])('the %s of what is in the window, whatever came and went', (fold) => {
  const gap = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 15 }) }, fc.constant(150));
  const step = fc.tuple(gap, fc.integer({ min: -50, max: 50 }));
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
      const span = new Span(OVER, 10, fold);
      const all: { tick: number; value: number }[] = [];
      let tick = 0;
      for (const [waited, value] of steps) {
        tick += waited;
        span.push(tick, value);
        all.push({ tick, value });
        // It holds 80 at most: eight times what is expected, and at least 64.
        const within = all.filter((each) => each.tick > tick - OVER).slice(-80);
        expect(span.size).toBe(within.length);
        expect(span.folded()).toBe(FOLDS[fold](within.map((each) => each.value)));
        expect([span.tick(0), span.value(0)]).toEqual([within[0]?.tick, within[0]?.value]);
        expect(span.value(span.size - 1)).toBe(value);
      }
    }),
    { numRuns: 100 },
  );
});

test('it grows to eight times what is expected, and then the oldest go', () => {
  const span = new Span(OVER, 10, 'sum');
  for (let i = 1; i <= 1000; i++) span.push(1, i);
  expect([span.size, span.value(0), span.folded()]).toEqual([80, 921, (80 * (921 + 1000)) / 2]);
});

test('emptied, it is as new', () => {
  const span = new Span(OVER, 10, 'most');
  for (let i = 0; i < 30; i++) span.push(i * 10, 30 - i);
  span.clear();
  expect([span.size, span.folded()]).toEqual([0, Number.NaN]);
  span.push(1000, 1);
  expect([span.size, span.folded()]).toEqual([1, 1]);
});
