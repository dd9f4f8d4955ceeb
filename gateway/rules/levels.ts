import type { Level } from './finding.ts';
import type { Probe } from './probe.ts';

/** One level of a rule on a point; ticks, NaN where there is none. */
interface LevelState {
  readonly name: Level;
  holds: boolean;
  /** Since when its limit has been passed without a break. */
  passedSince: number;
  /** Since when the value has been back without a break, while it holds. */
  backSince: number;
}

/** One level as it outlives a restart: holds, passed since, back since; null where there is none. */
export type SavedLevel = readonly [holds: boolean, passedSince: number | null, backSince: number | null];

const stored = (tick: number): number | null => (Number.isNaN(tick) ? null : tick);
/** Whether a tick that may be NaN differs. */
const isMoved = (a: number, b: number): boolean => a !== b && !(Number.isNaN(a) && Number.isNaN(b));

/** When the level changes next if nothing else is read; Infinity if it does not. */
function dueOf(level: LevelState, holdMs: number, clearMs: number): number {
  const due = level.holds ? level.backSince + clearMs : level.passedSince + holdMs;
  return Number.isNaN(due) ? Number.POSITIVE_INFINITY : due;
}

function fireOne(level: LevelState, tick: number, holdMs: number, clearMs: number): void {
  if (dueOf(level, holdMs, clearMs) > tick) return;
  level.holds = !level.holds;
  level.backSince = Number.NaN;
  if (!level.holds) level.passedSince = Number.NaN;
}

/** The levels of one rule on one point, lowest first: each holds and clears by itself (RULES.md, section 3). */
export class Levels {
  readonly #levels: readonly LevelState[];

  constructor(names: readonly Level[]) {
    this.#levels = names.map((name) => ({ name, holds: false, passedSince: Number.NaN, backSince: Number.NaN }));
  }

  get isHeld(): boolean {
    return this.#levels.some(({ holds }) => holds);
  }

  /** Of the highest that holds; -1 when none does. */
  get highest(): number {
    return this.#levels.findLastIndex(({ holds }) => holds);
  }

  nameAt(index: number): Level | null {
    return this.#levels[index]?.name ?? null;
  }

  indexOf(answer: string): number {
    return this.#levels.findIndex(({ name }) => name === answer);
  }

  /** Whether the lowest neither holds nor waits to: what time alone can still make true. */
  get isLowestAtRest(): boolean {
    const lowest = this.#levels[0];
    return lowest !== undefined && !lowest.holds && Number.isNaN(lowest.passedSince);
  }

  /** Time alone made the lowest true at `tick`. */
  passLowest(tick: number): void {
    const lowest = this.#levels[0];
    if (lowest !== undefined) lowest.passedSince = tick;
  }

  /** A reading is evaluated; what is due at once (a hold or clear of 0) changes at once. True when anything moved. */
  evaluate(probe: Probe, tick: number, holdMs: number, clearMs: number): boolean {
    let moved = false;
    for (let i = 0; i < this.#levels.length; i++) {
      const level = this.#levels[i];
      if (level === undefined) continue;
      const { holds, passedSince, backSince } = level;
      if (probe.isPassed(i)) {
        level.backSince = Number.NaN;
        if (Number.isNaN(level.passedSince)) level.passedSince = tick;
      } else {
        level.passedSince = Number.NaN;
        if (!(holds && probe.isBack(i))) level.backSince = Number.NaN;
        else if (Number.isNaN(level.backSince)) level.backSince = tick;
      }
      fireOne(level, tick, holdMs, clearMs);
      moved ||= level.holds !== holds || isMoved(level.passedSince, passedSince) || isMoved(level.backSince, backSince);
    }
    return moved;
  }

  /** The earliest deadline that is at or before `validUntil`; Infinity when there is none. */
  nextDue(validUntil: number, holdMs: number, clearMs: number): number {
    let due = Number.POSITIVE_INFINITY;
    for (const level of this.#levels) {
      const each = dueOf(level, holdMs, clearMs);
      if (each <= validUntil && each < due) due = each;
    }
    return due;
  }

  /** A deadline at `tick` has come: all that is due by then changes. */
  fire(tick: number, holdMs: number, clearMs: number): void {
    for (const level of this.#levels) fireOne(level, tick, holdMs, clearMs);
  }

  /** A gap, or not evaluable: what is pending starts again, what holds goes on holding. True when anything was pending. */
  breakPending(): boolean {
    let moved = false;
    for (const level of this.#levels) {
      moved ||= !Number.isNaN(level.backSince) || (!level.holds && !Number.isNaN(level.passedSince));
      if (!level.holds) level.passedSince = Number.NaN;
      level.backSince = Number.NaN;
    }
    return moved;
  }

  reset(): void {
    for (const level of this.#levels)
      Object.assign(level, { holds: false, passedSince: Number.NaN, backSince: Number.NaN });
  }

  save(): readonly SavedLevel[] {
    return this.#levels.map(({ holds, passedSince, backSince }) => [holds, stored(passedSince), stored(backSince)]);
  }

  /** Takes what was saved, `shift` added to its ticks. */
  restore(saved: readonly SavedLevel[], shift: number): void {
    const moved = (tick: number | null) => (tick === null ? Number.NaN : tick + shift);
    for (const [i, [holds, passedSince, backSince]] of saved.entries()) {
      const level = this.#levels[i];
      if (level === undefined) continue;
      Object.assign(level, { holds, passedSince: moved(passedSince), backSince: moved(backSince) });
    }
  }
}
