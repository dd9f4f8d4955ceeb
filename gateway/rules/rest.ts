/**
 * What a reading is held against while its rule is at rest, and what is kept of it then: nearly every reading of a site goes
 * so far and no further. Numbers side by side in one piece of memory, since what they cost is reaching them.
 */
export type Rest = number[];

/** From here to `HIGH`, both included, a good value changes nothing; NaN where any may. */
export const LOW = 0;
export const HIGH = 1;
/** The newest good value, where nothing else is kept of it. */
export const VALUE = 2;
/** The tick of the newest good reading … */
export const LAST = 3;
/** … and of the newest in the present opening; -Infinity where there is none. */
export const GOOD = 4;

const NEVER = Number.NEGATIVE_INFINITY;

/** Not at rest, and nothing read in the present opening. */
export function rouse(rest: Rest): void {
  rest[LOW] = Number.NaN;
  rest[HIGH] = Number.NaN;
  rest[GOOD] = NEVER;
}

export const makeRest = (): Rest => [Number.NaN, Number.NaN, Number.NaN, NEVER, NEVER];

export const at = (rest: Rest, index: number): number => rest[index] ?? Number.NaN;
