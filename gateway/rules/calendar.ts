import { addDays, weekday, type Zone } from '#kit/zone.ts';
import type { Opening } from './finding.ts';

/** A named part of the day, in minutes of the local day; `toMinute` at or before `fromMinute` crosses midnight. */
export interface DayWindow {
  readonly name: string;
  readonly fromMinute: number;
  readonly toMinute: number;
  /** 1 Monday to 7 Sunday, of the day on which it opens. */
  readonly weekdays?: readonly number[] | undefined;
  readonly dates?: readonly string[] | undefined;
  readonly except?: readonly string[] | undefined;
}

export interface Effective {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Whether rules of one schedule are in force at an instant, and until when that surely stays so. */
export interface InForce {
  /** The present opening; null when there is none, or none is needed. */
  readonly opening: (Opening & { readonly from: number }) | null;
  readonly inForce: boolean;
  /** UTC ms: the next instant at which it may change. */
  readonly until: number;
}

/** How far ahead an opening is looked for: `dates` may lie a year away. */
const SEARCH_DAYS = 400;

function opensOn(window: DayWindow, date: string): boolean {
  if (window.dates !== undefined && !window.dates.includes(date)) return false;
  if (window.except?.includes(date)) return false;
  return window.weekdays === undefined || window.weekdays.includes(weekday(date));
}

const isEffective = (effective: Effective | undefined, date: string): boolean =>
  (effective?.from === undefined || date >= effective.from) && (effective?.to === undefined || date <= effective.to);

/**
 * The state of a schedule at `at`. An opening includes its first instant and not its last; with a window the date
 * of the opening decides whether the rule is effective, else the instant's.
 */
export function inForceAt(zone: Zone, window: DayWindow | null, effective: Effective | undefined, at: number): InForce {
  if (window === null) return effectiveAt(zone, effective, at);
  const span = window.toMinute > window.fromMinute ? window.toMinute : window.toMinute + 1440;
  const yesterday = addDays(zone.date(at), -1);
  for (let day = 0; day < SEARCH_DAYS; day++) {
    const date = addDays(yesterday, day);
    if (!opensOn(window, date) || !isEffective(effective, date)) continue;
    const to = zone.instant(date, span);
    if (to <= at) continue;
    const from = zone.instant(date, window.fromMinute);
    if (at < from) return { opening: null, inForce: false, until: from };
    return { opening: { name: window.name, date, from }, inForce: true, until: to };
  }
  return { opening: null, inForce: false, until: at + SEARCH_DAYS * 86_400_000 };
}

function effectiveAt(zone: Zone, effective: Effective | undefined, at: number): InForce {
  const inForce = isEffective(effective, zone.date(at));
  const edges = [
    effective?.from === undefined ? Number.POSITIVE_INFINITY : zone.instant(effective.from, 0),
    effective?.to === undefined ? Number.POSITIVE_INFINITY : zone.instant(addDays(effective.to, 1), 0),
  ];
  return { opening: null, inForce, until: Math.min(...edges.filter((edge) => edge > at), Number.POSITIVE_INFINITY) };
}
