import type { Limit } from './rule.ts';

/** Whether a value is beyond the limit: `above` and `below` without it, `atLeast` and `atMost` with it. */
export function isPassed(limit: Limit, value: number): boolean {
  if (limit.above !== undefined) return value > limit.above;
  if (limit.atLeast !== undefined) return value >= limit.atLeast;
  if (limit.below !== undefined) return value < limit.below;
  if (limit.atMost !== undefined) return value <= limit.atMost;
  if (limit.outside !== undefined) return value < limit.outside[0] || value > limit.outside[1];
  return false;
}

/** Whether a value is back beyond the limit by `by` (RULES.md, section 3, clear). */
export function isBack(limit: Limit, value: number, by: number): boolean {
  if (limit.above !== undefined) return value <= limit.above - by;
  if (limit.atLeast !== undefined) return by === 0 ? value < limit.atLeast : value <= limit.atLeast - by;
  if (limit.below !== undefined) return value >= limit.below + by;
  if (limit.atMost !== undefined) return by === 0 ? value > limit.atMost : value >= limit.atMost + by;
  if (limit.outside !== undefined) return value >= limit.outside[0] + by && value <= limit.outside[1] - by;
  return true;
}

/** The number that events carry as `limit`; of a range the end that the value is beyond. */
export function numberOf(limit: Limit, value: number): number | null {
  if (limit.outside !== undefined) return value < limit.outside[0] ? limit.outside[0] : limit.outside[1];
  return limit.above ?? limit.atLeast ?? limit.below ?? limit.atMost ?? null;
}
