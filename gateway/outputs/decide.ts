import { compareLevels, type Level } from '../rules/finding.ts';
import type { Output, OutputValue } from './output.ts';
import type { Wish } from './wishes.ts';

/** By hand, for a time. */
export interface ByHand {
  readonly value: OutputValue;
  readonly by: string;
  /** On the tick line. */
  readonly untilTick: number;
  /** What alarms wanted when it was silenced: one that is new, or has risen since, ends the silence. */
  readonly seen: ReadonlyMap<string, Level>;
}

/** What is kept of an output between two looks at it. Ticks. */
export interface DecideState {
  readonly value: OutputValue;
  /** Since when it is safe, or is not. */
  readonly since: number;
  /** Of the wishes that it was on for as long as it may be: they want nothing more before `restUntil`. */
  readonly spent: ReadonlyMap<string, Level>;
  readonly restUntil: number;
  readonly byHand: ByHand | null;
}

export interface Decision {
  readonly state: DecideState;
  /** The wish that won; null: none did. */
  readonly wish: Wish | null;
  /** When it must be looked at again if nothing happens before. */
  readonly nextTick: number;
}

const NONE: ReadonlyMap<string, Level> = new Map();

/** Safe, and free to change. */
export const beginsSafe = (output: Output): DecideState => ({
  value: output.safe,
  since: Number.NEGATIVE_INFINITY,
  spent: NONE,
  restUntil: Number.NEGATIVE_INFINITY,
  byHand: null,
});

export const levelsOf = (wishes: readonly Wish[]): ReadonlyMap<string, Level> =>
  new Map(wishes.toReversed().map(({ alarm, level }) => [alarm, level]));

const isNew = (wish: Wish, known: ReadonlyMap<string, Level>): boolean =>
  compareLevels(wish.level, known.get(wish.alarm) ?? null) > 0;

/** What an output is to be now. `wishes`: the most urgent first; `at`: UTC ms of the same instant as `tick`. */
export function decide(
  output: Output,
  before: DecideState,
  wishes: readonly Wish[],
  tick: number,
  at: number,
): Decision {
  const rested = tick >= before.restUntil;
  const spent = rested ? NONE : stillWished(before.spent, wishes);
  let state: DecideState = { ...before, spent, byHand: stillByHand(output, before.byHand, wishes, tick) };
  const wish = wishes.find((each) => isNew(each, state.spent)) ?? null;
  let value = state.byHand?.value ?? wish?.value ?? output.safe;
  const ends = wish === null ? [] : [tick + (wish.endsAt - at)];
  const due = [
    ...ends,
    state.byHand?.untilTick ?? Number.POSITIVE_INFINITY,
    rested ? Number.POSITIVE_INFINITY : before.restUntil,
  ];

  const wasOn = state.value !== output.safe;
  if (wasOn && output.maxOnMs !== null && tick - state.since >= output.maxOnMs && value !== output.safe) {
    const restUntil = output.restMs === null ? Number.POSITIVE_INFINITY : tick + output.restMs;
    state = { ...state, spent: levelsOf(wishes), restUntil, byHand: null };
    value = output.safe;
    due.push(restUntil);
  } else if (wasOn && value === output.safe && tick - state.since < output.minOnMs) {
    value = state.value;
    due.push(state.since + output.minOnMs);
  } else if (!wasOn && value !== output.safe && tick - state.since < output.minOffMs) {
    value = output.safe;
    due.push(state.since + output.minOffMs);
  }
  const isOn = value !== output.safe;
  if (isOn !== wasOn) state = { ...state, since: tick };
  state = { ...state, value };
  if (isOn && output.maxOnMs !== null) due.push(state.since + output.maxOnMs);
  return {
    state,
    wish: isOn && state.byHand === null ? wish : null,
    nextTick: Math.min(...due.filter((d) => d > tick)),
  };
}

function stillByHand(output: Output, byHand: ByHand | null, wishes: readonly Wish[], tick: number): ByHand | null {
  if (byHand === null || tick >= byHand.untilTick) return null;
  if (byHand.value !== output.safe) return byHand;
  return wishes.some((wish) => isNew(wish, byHand.seen)) ? null : { ...byHand, seen: stillWished(byHand.seen, wishes) };
}

/** What has returned is news when it comes again. */
const stillWished = (known: ReadonlyMap<string, Level>, wishes: readonly Wish[]): ReadonlyMap<string, Level> =>
  known.size === 0 ? known : new Map([...known].filter(([alarm]) => wishes.some((wish) => wish.alarm === alarm)));
