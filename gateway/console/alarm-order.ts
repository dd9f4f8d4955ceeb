import type { Alarm, AlarmState } from '../alarms/alarm.ts';
import type { Level } from '../rules/finding.ts';
import type { ListedAlarm, LogEntry } from './api.ts';

/** The warning colours, most urgent first. */
export const URGENT_FIRST: readonly Level[] = ['red', 'orange', 'yellow', 'blue'];

export const ALARM_PREFIX = 'city.gengfu.alarm.';

const rank = (level: Level | null): number => (level === null ? URGENT_FIRST.length : URGENT_FIRST.indexOf(level));

/** Its state in ISA-18.2 / IEC 62682, computed from the two facts. */
export const stateOf = (alarm: Pick<Alarm, 'condition' | 'acknowledged'>): AlarmState =>
  alarm.condition === 'active' ? (alarm.acknowledged ? 'ACKED' : 'UNACK') : alarm.acknowledged ? 'NORM' : 'RTNUN';

/** What is real before any exercise; highest level first, then those nobody has seen, then the newest change; the returned come last. */
export const byUrgency = (a: ListedAlarm, b: ListedAlarm): number =>
  Number(a.exercise !== undefined) - Number(b.exercise !== undefined) ||
  rank(a.level) - rank(b.level) ||
  Number(a.acknowledged) - Number(b.acknowledged) ||
  b.changedAt - a.changedAt;

/** It was raised, or rose: what duty staff must look at. */
export function isRise(entry: LogEntry): boolean {
  if (entry.type === `${ALARM_PREFIX}raised`) return true;
  if (entry.type !== `${ALARM_PREFIX}level-changed`) return false;
  const { level = null, previousLevel = null } = entry.data;
  return rank(level) < rank(previousLevel);
}

/** The level that an unacknowledged alarm rose from last; undefined if it did not, as far as the entries go back. */
export function risenFrom(alarm: ListedAlarm, newestFirst: readonly LogEntry[]): Level | undefined {
  if (alarm.acknowledged || alarm.condition === 'normal') return undefined;
  const change = newestFirst.find((entry) => {
    const step = entry.type.slice(ALARM_PREFIX.length);
    return entry.data.alarm === alarm.id && (step === 'level-changed' || step === 'raised');
  });
  return change !== undefined && isRise(change) ? (change.data.previousLevel ?? undefined) : undefined;
}

/** By how much the legal limit is passed, in the measure's unit; undefined where the law gives no number or it is kept. */
export function excessOf(alarm: Pick<Alarm, 'value' | 'watch'>): number | undefined {
  const { legalLimit } = alarm.watch;
  if (legalLimit === null || typeof alarm.value !== 'number') return undefined;
  return alarm.value > legalLimit ? alarm.value - legalLimit : undefined;
}

/** Whether the absence of a filing means something: other alarms of the same site never ask for one, and must not accuse. */
export const asksForFiling = ({ watch }: Pick<Alarm, 'watch'>): boolean => watch.permitKind === 'night-work';
