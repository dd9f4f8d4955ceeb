import { isTest } from './detector.ts';
import type { Condition } from './rule.ts';
import { isPassed } from './threshold.ts';

/** Whether a condition on a point's value is true; a detector's test is no state to act on. */
export function isTrue(condition: Condition, value: number | string | undefined): boolean {
  if (value === undefined) return false;
  if (condition.is !== undefined) return condition.is.includes(String(value)) && !isTest(condition.quantity, value);
  return typeof value === 'number' && isPassed(condition, value);
}
