import type { Level } from '../rules/finding.ts';
import { type Alarm, type AlarmState, stateOf } from './alarm.ts';

/** One of a case's alarms. */
export interface CaseAlarm {
  readonly id: string;
  readonly key: string;
  readonly state: AlarmState;
  readonly level: Level | null;
  readonly raisedAt: number;
  readonly closedAt: number | null;
  readonly verdict: Alarm['verdict'] | null;
  /** How far people have come with it; null where nobody had to. */
  readonly stage: NonNullable<Alarm['response']>['stage'] | null;
  readonly to: string | null;
}

/** What happened at one place in one night, as one (案件): computed from its alarms, and stored nowhere. */
export interface Case {
  /** `2026-07-15.water-02`: the night, and the device whose alarm came first. */
  readonly id: string;
  /** The date on which the night, or the day, began. */
  readonly date: string;
  readonly grid: string | null;
  readonly deviceName: string;
  /** 受理, 派遣, 处置, 核查, 结案. */
  readonly state: 'received' | 'dispatched' | 'handling' | 'verifying' | 'closed';
  readonly raisedAt: number;
  /** When the last of its alarms was closed; null while one is open. */
  readonly closedAt: number | null;
  /** The highest level that one of them has now. */
  readonly level: Level | null;
  readonly alarms: readonly CaseAlarm[];
}

const RANK: readonly (Level | null)[] = [null, 'blue', 'yellow', 'orange', 'red'];

/** Where it is: what stands at the very same spot is one place, else each device is its own. */
const placeOf = ({ watch: { place, device } }: Alarm): string =>
  place.at === null ? device : place.at.map((degrees) => degrees.toFixed(4)).join(',');

/** The cases of these alarms, the newest first. `nightOf`: the date of the night that an instant belongs to. */
export function casesOf(alarms: readonly Alarm[], nightOf: (at: number) => string): readonly Case[] {
  const byCase = Map.groupBy(
    // What is an exercise is no case.
    alarms.filter(({ exercise }) => exercise === undefined),
    (alarm) => `${alarm.window?.date ?? nightOf(alarm.raisedAt)} ${placeOf(alarm)}`,
  );
  return [...byCase.values()]
    .map((found) =>
      caseOf(
        found.toSorted((a, b) => a.raisedAt - b.raisedAt || (a.id < b.id ? -1 : 1)),
        nightOf,
      ),
    )
    .filter((each) => each !== null)
    .sort((a, b) => b.raisedAt - a.raisedAt || (a.id < b.id ? -1 : 1));
}

function caseOf(alarms: readonly Alarm[], nightOf: (at: number) => string): Case | null {
  const [first] = alarms;
  if (first === undefined) return null;
  const date = first.window?.date ?? nightOf(first.raisedAt);
  const isClosed = alarms.every(({ closedAt }) => closedAt !== null);
  const levels = alarms.map(({ level }) => RANK.indexOf(level));
  return {
    id: `${date}.${first.watch.device}`,
    date,
    grid: first.watch.place.grid,
    deviceName: first.watch.deviceName,
    state: isClosed ? 'closed' : stateOfCase(alarms),
    raisedAt: first.raisedAt,
    closedAt: isClosed ? Math.max(...alarms.map(({ closedAt }) => closedAt ?? 0)) : null,
    level: RANK[Math.max(...levels)] ?? null,
    alarms: alarms.map((alarm) => ({
      id: alarm.id,
      key: alarm.watch.key,
      state: stateOf(alarm),
      level: alarm.level,
      raisedAt: alarm.raisedAt,
      closedAt: alarm.closedAt,
      verdict: alarm.verdict ?? null,
      stage: alarm.response?.stage ?? null,
      to: alarm.response?.to ?? null,
    })),
  };
}

/** As far as the alarm that people have come least far with of those that they were sent to. */
function stateOfCase(alarms: readonly Alarm[]): Exclude<Case['state'], 'closed'> {
  const stages = alarms.flatMap(({ response, closedAt }) =>
    closedAt !== null || response === undefined || response.stage === 'waiting' ? [] : [response.stage],
  );
  if (stages.length === 0) return 'received';
  if (stages.some((stage) => stage === 'dispatched' || stage === 'refused' || stage === 'accepted'))
    return 'dispatched';
  return stages.includes('arrived') ? 'handling' : 'verifying';
}
