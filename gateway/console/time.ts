const formats = new Map<string, Intl.DateTimeFormat>();

function parts(at: number, zone: string): Record<string, string> {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}

/** `22:34:50` in the site's zone. */
export function timeOfDay(at: number, zone: string): string {
  const { hour, minute, second } = parts(at, zone);
  return `${hour}:${minute}:${second}`;
}

/** `22:34` in the site's zone. */
export const minuteOfDay = (at: number, zone: string): string => timeOfDay(at, zone).slice(0, 5);

/** `07-15` in the site's zone. */
export function dayOf(at: number, zone: string): string {
  const { month, day } = parts(at, zone);
  return `${month}-${day}`;
}

/** `2026-07-15` in the site's zone. */
export const dateOf = (at: number, zone: string): string => `${parts(at, zone).year}-${dayOf(at, zone)}`;

/** So far back a time alone says which day: one watch goes past midnight. */
const ONE_WATCH_MS = 18 * 3_600_000;

/** The time, with the day before it where it is longer ago than a watch. */
export const timeNear = (at: number, now: number, zone: string): string =>
  now - at < ONE_WATCH_MS ? timeOfDay(at, zone) : `${dayOf(at, zone)} ${timeOfDay(at, zone)}`;

/** A length of time in its two largest units, as numbers for a person's language. */
export function lengthOf(ms: number): {
  readonly d: number;
  readonly h: number;
  readonly min: number;
  readonly s: number;
} {
  const s = Math.max(0, Math.floor(ms / 1000));
  return { d: Math.floor(s / 86_400), h: Math.floor(s / 3600) % 24, min: Math.floor(s / 60) % 60, s: s % 60 };
}
