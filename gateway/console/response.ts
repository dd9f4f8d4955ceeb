import type { ListedAlarm, ListedResponse } from './api.ts';
import type { AlarmDeed, Rights } from './rights.ts';

type Clock = ListedResponse['clocks'][number];

/** What is waited for next, and how late it is. */
export interface Waiting {
  readonly step: Clock['step'];
  /** UTC ms; null: it has no time, or every tier was told. */
  readonly dueAt: number | null;
  readonly isLate: boolean;
  /** The tier that is called, from 1. */
  readonly tier: number;
  /** Its clock stands still until then, UTC ms. */
  readonly pausedUntil: number | null;
}

/** Nobody is called for it. */
export const isSilenced = ({ announced }: Pick<ListedAlarm, 'announced'>): boolean =>
  announced !== undefined &&
  (announced.shelved !== null || announced.suppressedBy !== null || announced.outOfService !== null);

/** What people owe an alarm next, at site time `now`; null: nothing. Nobody needs to be sent once it is normal again. */
export function waitingFor(alarm: ListedAlarm, now: number): Waiting | null {
  const { response, condition } = alarm;
  if (response === undefined || alarm.closedAt !== null) return null;
  const [next] = response.clocks
    .filter(({ step }) => !(step === 'dispatch' && condition === 'normal' && response.stage === 'waiting'))
    .toSorted((a, b) => (a.dueAt ?? Number.MAX_SAFE_INTEGER) - (b.dueAt ?? Number.MAX_SAFE_INTEGER));
  if (next === undefined) return null;
  const pausedUntil = response.paused?.untilAt ?? null;
  const { step, dueAt, tier } = next;
  const isRunning = pausedUntil === null && !isSilenced(alarm);
  // Once a higher tier was called the step itself is late, and the clock counts down to the next tier.
  const isLate = isRunning && (tier > response.firstTier || (dueAt !== null && dueAt < now));
  return { step, dueAt, tier, isLate, pausedUntil };
}

const ANSWERS_TO: Readonly<Partial<Record<Waiting['step'], AlarmDeed>>> = {
  dispatch: 'dispatch',
  accept: 'accept',
  arrive: 'arrive',
  resolve: 'resolve',
  verify: 'verify',
};

/** The deed that is waited for, once it was seen and where one may do it. */
export function nextDeed(alarm: ListedAlarm, rights: Rights, now: number): AlarmDeed | null {
  const waiting = alarm.acknowledged ? waitingFor(alarm, now) : null;
  const deed = waiting === null ? undefined : ANSWERS_TO[waiting.step];
  return deed !== undefined && deedsOf(alarm, rights).includes(deed) ? deed : null;
}

const TAKEN_FROM: Readonly<Partial<Record<AlarmDeed, readonly ListedResponse['stage'][]>>> = {
  accept: ['dispatched'],
  refuse: ['dispatched', 'accepted'],
  arrive: ['dispatched', 'accepted'],
  resolve: ['dispatched', 'accepted', 'refused', 'arrived'],
  verify: ['resolved'],
};

/** Which deeds an alarm admits as it is, beside acknowledging and a note, for one who has these rights. */
export function deedsOf(alarm: ListedAlarm, rights: Rights): readonly AlarmDeed[] {
  // What it turned out to be is often known only afterwards.
  if (alarm.closedAt !== null) return rights.verdict ? ['verdict'] : [];
  const { response, condition, announced, watch } = alarm;
  const stage = response?.stage ?? 'waiting';
  const isOver = stage === 'resolved' || stage === 'verified';
  const isPaused = response !== undefined && response.paused !== null;
  const admitted: readonly [AlarmDeed, boolean][] = [
    ['accept', TAKEN_FROM.accept?.includes(stage) ?? false],
    ['arrive', TAKEN_FROM.arrive?.includes(stage) ?? false],
    ['resolve', TAKEN_FROM.resolve?.includes(stage) ?? false],
    ['refuse', TAKEN_FROM.refuse?.includes(stage) ?? false],
    ['verify', stage === 'resolved'],
    ['dispatch', condition === 'active' || (response !== undefined && !isOver)],
    ['reset', alarm.causeGoneAt !== undefined && condition === 'active'],
    ['verdict', true],
    ['pause', response !== undefined && response.clocks.length > 0 && !isPaused],
    ['resume', isPaused],
    // Smoke and gas are never kept from people.
    ['shelve', watch.vital !== true && announced?.shelved == null],
    ['unshelve', announced?.shelved != null],
  ];
  return admitted.filter(([deed, is]) => is && rights[deed]).map(([deed]) => deed);
}
