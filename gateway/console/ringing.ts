import type { ListedAlarm } from './api.ts';
import { isSilenced } from './response.ts';

/** How the console rings: for a fire or a red one, or for a drill's, which must not sound like one. */
export type Ring = 'real' | 'drill';

/** A muted console rings again by itself after so long, in real time. */
export const MUTE_MS = 5 * 60_000;

/** Red, or smoke or gas that says alarm; a walk test's rings nobody. */
const isLoud = ({ level, value, watch, exercise }: ListedAlarm): boolean =>
  exercise !== 'test' && (level === 'red' || (watch.vital === true && value === 'alarm'));

/** The alarms that ring: loud, active, seen by nobody yet, and not kept from people. */
export const ringingOf = (alarms: readonly ListedAlarm[]): readonly ListedAlarm[] =>
  alarms.filter((alarm) => isLoud(alarm) && alarm.condition === 'active' && !alarm.acknowledged && !isSilenced(alarm));

export const ringOf = (ringing: readonly ListedAlarm[]): Ring | null =>
  ringing.length === 0 ? null : ringing.some(({ exercise }) => exercise === undefined) ? 'real' : 'drill';

/** Somebody muted it: these alarms, each at the level that it had, until then. */
export interface Mute {
  readonly untilMs: number;
  readonly heard: ReadonlySet<string>;
}

const nameOf = ({ id, level }: ListedAlarm): string => `${id} ${level}`;

export const muteNow = (ringing: readonly ListedAlarm[], nowMs: number): Mute => ({
  untilMs: nowMs + MUTE_MS,
  heard: new Set(ringing.map(nameOf)),
});

/** A mute holds until its time, and no longer than nothing new or higher rings. */
export const isMuted = (mute: Mute | null, ringing: readonly ListedAlarm[], nowMs: number): boolean =>
  mute !== null && nowMs < mute.untilMs && ringing.every((alarm) => mute.heard.has(nameOf(alarm)));
