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

function fireOne(level: LevelState, tick: number, holdMs: number, clearMs: number): void {
  if (!(level.holds ? level.backSince + clearMs <= tick : level.passedSince + holdMs <= tick)) return;
  level.holds = !level.holds;
  level.backSince = Number.NaN;
  if (!level.holds) level.passedSince = Number.NaN;
}

/** The levels of one rule on one point, lowest first: each holds and clears by itself (RULES.md, section 3). */
export class Levels {
  readonly #levels: readonly LevelState[];
  /** Of the highest that holds; -1 when none does. */
  #highest = -1;
  #held = 0;
  /** Whether any waits: for its hold, or for its clear. */
  #isPending = false;

  constructor(names: readonly Level[]) {
    this.#levels = names.map((name) => ({ name, holds: false, passedSince: Number.NaN, backSince: Number.NaN }));
  }

  get isHeld(): boolean {
    return this.#highest >= 0;
  }

  /** How many hold, where these are the lowest; -1 where one between does not. */
  get held(): number {
    return this.#held;
  }

  get isPending(): boolean {
    return this.#isPending;
  }

  /** The highest that holds, if one does. */
  get highest(): Level | null {
    return this.#levels[this.#highest]?.name ?? null;
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
    this.#look();
  }

  /** A reading is evaluated; what is due at once (a hold or clear of 0) changes at once. True when anything moved. */
  evaluate(probe: Probe, tick: number, holdMs: number, clearMs: number): boolean {
    let moved = false;
    for (let i = 0; i < this.#levels.length; i++) {
      const level = this.#levels[i];
      if (level === undefined) continue;
      const isPassed = probe.isPassed(i);
      // At rest on its side of the limit: nothing to do, as on nearly every reading.
      if (!isPassed && !level.holds && Number.isNaN(level.passedSince)) continue;
      if (isPassed && level.holds && Number.isNaN(level.backSince)) continue;
      const { holds, passedSince, backSince } = level;
      if (isPassed) {
        level.backSince = Number.NaN;
        if (Number.isNaN(passedSince)) level.passedSince = tick;
      } else {
        level.passedSince = Number.NaN;
        if (!(holds && probe.isBack(i))) level.backSince = Number.NaN;
        else if (Number.isNaN(backSince)) level.backSince = tick;
      }
      fireOne(level, tick, holdMs, clearMs);
      moved ||= level.holds !== holds || isMoved(level.passedSince, passedSince) || isMoved(level.backSince, backSince);
    }
    if (moved) this.#look();
    return moved;
  }

  /** The earliest deadline that is at or before `validUntil`; Infinity when there is none. */
  nextDue(validUntil: number, holdMs: number, clearMs: number): number {
    if (!this.#isPending) return Number.POSITIVE_INFINITY;
    let due = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#levels.length; i++) {
      const level = this.#levels[i];
      if (level === undefined) continue;
      // NaN where nothing is pending, which is below nothing.
      const each = level.holds ? level.backSince + clearMs : level.passedSince + holdMs;
      if (each <= validUntil && each < due) due = each;
    }
    return due;
  }

  /** A deadline at `tick` has come: all that is due by then changes. */
  fire(tick: number, holdMs: number, clearMs: number): void {
    for (const level of this.#levels) fireOne(level, tick, holdMs, clearMs);
    this.#look();
  }

  /** A gap, or not evaluable: what is pending starts again, what holds goes on holding. True when anything was pending. */
  breakPending(): boolean {
    if (!this.#isPending) return false;
    for (let i = 0; i < this.#levels.length; i++) {
      const level = this.#levels[i];
      if (level === undefined) continue;
      if (!level.holds) level.passedSince = Number.NaN;
      level.backSince = Number.NaN;
    }
    this.#isPending = false;
    return true;
  }

  reset(): void {
    for (const level of this.#levels)
      Object.assign(level, { holds: false, passedSince: Number.NaN, backSince: Number.NaN });
    this.#look();
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
    this.#look();
  }

  #look(): void {
    this.#highest = this.#levels.findLastIndex(({ holds }) => holds);
    const lowest = this.#levels.findIndex(({ holds }) => !holds);
    this.#held = lowest === -1 || this.#highest < lowest ? this.#highest + 1 : -1;
    this.#isPending = this.#levels.some(({ holds, passedSince, backSince }) =>
      holds ? !Number.isNaN(backSince) : !Number.isNaN(passedSince),
    );
  }
}
