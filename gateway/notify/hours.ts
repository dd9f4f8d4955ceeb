import { addDays, weekday, type Zone } from '#kit/zone.ts';
import type { Hours } from './people.ts';

function opensOn({ dates, except, weekdays }: Hours, date: string): boolean {
  if (dates !== undefined && !dates.includes(date)) return false;
  if (except?.includes(date) === true) return false;
  return weekdays === undefined || weekdays.includes(weekday(date));
}

/** The present opening, its first instant and the one after its last, UTC ms; null outside. It may have begun the day before. */
export function openingAt(hours: Hours, zone: Zone, at: number): { readonly from: number; readonly to: number } | null {
  const span = hours.toMinute > hours.fromMinute ? hours.toMinute : hours.toMinute + 1440;
  const today = zone.date(at);
  for (const date of [addDays(today, -1), today]) {
    if (!opensOn(hours, date)) continue;
    const from = zone.instant(date, hours.fromMinute);
    const to = zone.instant(date, span);
    if (from <= at && at < to) return { from, to };
  }
  return null;
}

/** Openings that follow on one another, such as the days of a week. */
const MOST_IN_A_ROW = 7;

/** When it ends that is open then, with the openings that follow on it at once; null outside. UTC ms. */
export function openUntil(hours: Hours, zone: Zone, at: number): number | null {
  let until: number | null = null;
  for (let count = 0; count < MOST_IN_A_ROW; count++) {
    const opening = openingAt(hours, zone, until ?? at);
    if (opening === null) break;
    until = opening.to;
  }
  return until;
}
