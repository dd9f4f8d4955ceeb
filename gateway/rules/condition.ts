import { isTest } from './detector.ts';
import type { Condition } from './rule.ts';
import { Threshold } from './threshold.ts';

/** Says of a point's value whether a condition is true. */
export type ConditionTest = (value: number | string | undefined) => boolean;

/** A detector's test is no state to act on. */
export function testOf(condition: Condition): ConditionTest {
  const { is, quantity } = condition;
  if (is !== undefined) return (value) => value !== undefined && is.includes(String(value)) && !isTest(quantity, value);
  const threshold = new Threshold(condition, 0);
  return (value) => typeof value === 'number' && threshold.isPassed(value);
}
