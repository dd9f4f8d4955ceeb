import type { Limit } from './rule.ts';

const bits = new DataView(new ArrayBuffer(8));

/** The nearest double above `x` (IEEE 754: the bits of doubles of one sign are in their order). */
function above(x: number): number {
  if (x === 0) return Number.MIN_VALUE;
  bits.setFloat64(0, x);
  bits.setBigInt64(0, bits.getBigInt64(0) + (x > 0 ? 1n : -1n));
  return bits.getFloat64(0);
}
const below = (x: number): number => -above(-x);

const NONE = Number.POSITIVE_INFINITY;

/**
 * A limit as two bounds and its way back as two more, so that whatever it was written as costs the same two comparisons:
 * `atLeast` x is above the nearest number below x.
 */
export class Threshold {
  readonly #limit: Limit;
  /** Not passed from here … */
  readonly low: number;
  /** … to here, both included. */
  readonly high: number;
  readonly #backLow: number;
  readonly #backHigh: number;

  /** `by`: how far a value must be back beyond the limit (RULES.md, section 3, clear). */
  constructor(limit: Limit, by: number) {
    this.#limit = limit;
    const { above: over, atLeast, below: under, atMost, outside } = limit;
    const high = outside?.[1] ?? over ?? (atLeast === undefined ? NONE : below(atLeast));
    const low = outside?.[0] ?? under ?? (atMost === undefined ? -NONE : above(atMost));
    this.high = high;
    this.low = low;
    this.#backHigh = by === 0 ? high : (outside?.[1] ?? over ?? atLeast ?? NONE) - by;
    this.#backLow = by === 0 ? low : (outside?.[0] ?? under ?? atMost ?? -NONE) + by;
  }

  /** Whether a value is beyond the limit: `above` and `below` without it, `atLeast` and `atMost` with it. */
  isPassed(value: number): boolean {
    return value > this.high || value < this.low;
  }

  isBack(value: number): boolean {
    return value <= this.#backHigh && value >= this.#backLow;
  }

  /** The number that events carry as `limit`; of a range the end that the value is beyond. */
  numberOf(value: number): number | null {
    const { above: over, atLeast, below: under, atMost, outside } = this.#limit;
    if (outside !== undefined) return value < outside[0] ? outside[0] : outside[1];
    return over ?? atLeast ?? under ?? atMost ?? null;
  }
}

/** Values between two bounds, both included; NaN where there is no such stretch. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

/**
 * Of each number of levels, from none to all: the values that pass exactly so many of the lowest limits. Where they are no
 * one stretch (beyond a range, on either side) there is none.
 */
export function bandsOf(limits: readonly Threshold[]): readonly Band[] {
  return Array.from({ length: limits.length + 1 }, (_, passed) => {
    let [low, high] = [-NONE, NONE];
    for (const [i, limit] of limits.entries()) {
      if (i >= passed) {
        low = Math.max(low, limit.low);
        high = Math.min(high, limit.high);
      } else if (limit.low === -NONE) low = Math.max(low, above(limit.high));
      else if (limit.high === NONE) high = Math.min(high, below(limit.low));
      else return { low: Number.NaN, high: Number.NaN };
    }
    return { low, high };
  });
}
