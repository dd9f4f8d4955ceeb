import type { Zone } from '#kit/zone.ts';

const LOCAL_TIME = /^(\d{4})(\d{2})(\d{2})([01]\d|2[0-3])([0-5]\d)([0-5]\d)(\d{3})?$/;
const FIRST_YEAR = 2000;
const LAST_YEAR = 2099;

/** `YYYYMMDDhhmmss` or `YYYYMMDDhhmmsszzz` of that zone as UTC milliseconds; undefined if it is no time. */
export function parseLocalTime(text: string, zone: Zone): number | undefined {
  const [, year, month, day, hour, minute, second, ms = '0'] = LOCAL_TIME.exec(text) ?? [];
  if (year === undefined || Number(year) < FIRST_YEAR || Number(year) > LAST_YEAR) return undefined;
  const date = `${year}-${month}-${day}`;
  const midnight = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== date) return undefined;
  return zone.instant(date, Number(hour) * 60 + Number(minute)) + Number(second) * 1000 + Number(ms);
}

/** `YYYYMMDDhhmmsszzz`, as a QN is written. */
export const encodeQn = (at: number, zone: Zone): string => zone.encode(at).replaceAll(/\D/g, '').slice(0, 17);
