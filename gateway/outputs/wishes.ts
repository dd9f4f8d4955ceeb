import type { Alarm } from '../alarms/alarm.ts';
import { compareLevels, LEVELS, type Level } from '../rules/finding.ts';
import type { Output, OutputUse, OutputValue } from './output.ts';

/** What one alarm wants of one output now. */
export interface Wish {
  readonly value: OutputValue;
  readonly level: Level;
  /** Id and key of the alarm. */
  readonly alarm: string;
  readonly key: string;
  readonly raisedAt: number;
  readonly isExercise: boolean;
  /** When it ends by itself, UTC ms; infinite where the alarm ends it. */
  readonly endsAt: number;
}

/** What rules want of outputs, by rule. */
export type UsesOf = (rule: string) => readonly OutputUse[];

/** All that alarms want of an output now, the most urgent first: always in the same order. */
export function wishesFor(output: Output, alarms: readonly Alarm[], usesOf: UsesOf, now: number): Wish[] {
  const wishes: Wish[] = [];
  for (const alarm of alarms) {
    for (const use of usesOf(alarm.watch.rule)) {
      const wish = use.outputs.includes(output.id) ? wishOf(output, alarm, use, now) : null;
      if (wish !== null) wishes.push(wish);
    }
  }
  return wishes.sort(byUrgency);
}

/** The higher level, then the real one, then the older, then by name. */
const byUrgency = (a: Wish, b: Wish): number =>
  compareLevels(b.level, a.level) ||
  Number(a.isExercise) - Number(b.isExercise) ||
  a.raisedAt - b.raisedAt ||
  (a.alarm < b.alarm ? -1 : a.alarm > b.alarm ? 1 : 0);

function wishOf(output: Output, alarm: Alarm, use: OutputUse, now: number): Wish | null {
  const { level, watch } = alarm;
  if (alarm.condition !== 'active' || level === null) return null;
  if (alarm.exercise !== undefined && !output.exercise) return null;
  if (output.alarmsOf !== null && !output.alarmsOf.includes(`${watch.device}/${watch.point}`)) return null;
  if (use.until === 'acknowledged' && alarm.acknowledged) return null;
  if (isKeptQuiet(output, alarm)) return null;
  const value = valueAt(use, level);
  const endsAt = use.forMs === null ? Number.POSITIVE_INFINITY : alarm.changedAt + use.forMs;
  if (value === undefined || value === output.safe || endsAt <= now) return null;
  const isExercise = alarm.exercise !== undefined;
  return { value, level, alarm: alarm.id, key: watch.key, raisedAt: alarm.raisedAt, isExercise, endsAt };
}

/**
 * What is worked on drives nothing. What is shelved or suppressed calls nobody, and so sounds no siren; a pump goes on, and
 * a board goes on saying that the road is closed.
 */
function isKeptQuiet({ kind }: Output, { announced }: Alarm): boolean {
  if (announced === undefined) return false;
  if (announced.outOfService !== null) return true;
  const callsPeople = kind === 'siren' || kind === 'beacon';
  return callsPeople && (announced.shelved !== null || announced.suppressedBy !== null);
}

/** That of the highest level which is not above the alarm's. */
function valueAt({ levels }: OutputUse, level: Level): OutputValue | undefined {
  const reached = LEVELS.filter((each) => levels[each] !== undefined && compareLevels(each, level) <= 0);
  const highest = reached.at(-1);
  return highest === undefined ? undefined : levels[highest];
}
