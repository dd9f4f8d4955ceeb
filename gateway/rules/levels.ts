/** One level of a rule on a point; ticks, NaN where there is none. */
export interface LevelState {
  holds: boolean;
  /** Since when its limit has been passed without a break. */
  passedSince: number;
  /** Since when the value has been back without a break, while it holds. */
  backSince: number;
}

export const freshLevel = (): LevelState => ({ holds: false, passedSince: Number.NaN, backSince: Number.NaN });

/** A reading is evaluated: what is due at once (a hold or clear of 0) changes at once. */
export function evaluate(
  level: LevelState,
  passed: boolean,
  back: boolean,
  tick: number,
  holdMs: number,
  clearMs: number,
): void {
  if (passed) {
    level.backSince = Number.NaN;
    if (Number.isNaN(level.passedSince)) level.passedSince = tick;
  } else {
    level.passedSince = Number.NaN;
    if (!(level.holds && back)) level.backSince = Number.NaN;
    else if (Number.isNaN(level.backSince)) level.backSince = tick;
  }
  fire(level, tick, holdMs, clearMs);
}

/** When the level changes next if nothing else is read; Infinity if it does not. */
export function dueOf(level: LevelState, holdMs: number, clearMs: number): number {
  const due = level.holds ? level.backSince + clearMs : level.passedSince + holdMs;
  return Number.isNaN(due) ? Number.POSITIVE_INFINITY : due;
}

/** A deadline at `tick` is due. */
export function fire(level: LevelState, tick: number, holdMs: number, clearMs: number): void {
  if (dueOf(level, holdMs, clearMs) > tick) return;
  level.holds = !level.holds;
  level.backSince = Number.NaN;
  if (!level.holds) level.passedSince = Number.NaN;
}

/** A gap, or not evaluable: what is pending starts again, what holds goes on holding. */
export function breakPending(level: LevelState): void {
  if (!level.holds) level.passedSince = Number.NaN;
  level.backSince = Number.NaN;
}

export function resetLevel(level: LevelState): void {
  level.holds = false;
  level.passedSince = Number.NaN;
  level.backSince = Number.NaN;
}
