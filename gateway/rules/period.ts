import { addDays, type Zone } from '#kit/zone.ts';
import { type DayWindow, inForceAt } from './calendar.ts';

const DAY_MS = 86_400_000;

/** Milliseconds that divide a day, counted from local midnight, or a named window of the site. */
export type Per = number | DayWindow;

/** A part of the calendar, first instant included and last not; UTC ms. */
export interface Period {
  /** On which it begins, `YYYY-MM-DD` in the site's zone. */
  readonly date: string;
  readonly from: number;
  readonly to: number;
}

/** The period that an instant is in; null between two openings of a window. `until`: when to look again. */
export function periodAt(zone: Zone, per: Per, at: number): { readonly period: Period | null; readonly until: number } {
  if (typeof per !== 'number') {
    const { opening, until } = inForceAt(zone, per, undefined, at);
    return { period: opening === null ? null : { date: opening.date, from: opening.from, to: until }, until };
  }
  const date = zone.date(at);
  const midnight = zone.instant(date, 0);
  const from = midnight + Math.floor((at - midnight) / per) * per;
  const to = Math.min(from + per, zone.instant(addDays(date, 1), 0));
  return { period: { date, from, to }, until: to };
}

/** How long it is on a day without a leap of the zone, ms. */
export const lengthOf = (per: Per): number =>
  typeof per === 'number' ? per : ((per.toMinute - per.fromMinute) * 60_000 + DAY_MS) % DAY_MS || DAY_MS;
