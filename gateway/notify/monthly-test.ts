import { addDays, type Zone } from '#kit/zone.ts';

/** A channel that is tried each month by a real message to a real person. */
export interface MonthlyTest {
  readonly channel: string;
  /** Id of a contact. */
  readonly to: string;
  /** Day of the month, 1 to 28. */
  readonly day: number;
  /** Minute of the local day. */
  readonly atMinute: number;
}

/** What came of it last. */
export interface LastTest {
  /** UTC ms. */
  readonly at: number;
  readonly ok: boolean;
}

/** So long after its time of the day it may still begin: nobody is called in the night because the box was off at ten. */
const HOUR_MS = 3_600_000;

/**
 * Whether it is to be made now: at its time of the day, from its day of the month on, until it has come once since that day.
 * One that failed, or was missed, is made again at the same time of the next day. Pure.
 */
export function isTestDue({ day, atMinute }: MonthlyTest, last: LastTest | null, zone: Zone, now: number): boolean {
  const today = zone.date(now);
  const from = zone.instant(today, atMinute);
  if (now < from || now >= from + HOUR_MS || (last !== null && last.at >= from)) return false;
  if (last === null || !last.ok) return true;
  const monthly = `${today.slice(0, 8)}${String(day).padStart(2, '0')}`;
  const since = today >= monthly ? monthly : `${addDays(`${today.slice(0, 8)}01`, -1).slice(0, 8)}${monthly.slice(8)}`;
  return last.at < zone.instant(since, 0);
}
