const BUCKET_MS = 15 * 60_000;
/** Quarters that are remembered: looking one up takes as long as a thousand readings. */
const MOST_KNOWN = 4096;
const DAY_MS = 86_400_000;

/** The calendar of one IANA time zone: dates, minutes of the day and written times. */
export interface Zone {
  readonly name: string;
  /** Local time less UTC at that instant, ms. */
  offsetMs(at: number): number;
  /** `YYYY-MM-DD` at that instant. */
  date(at: number): string;
  /** The instant of a local date and minute of the day (may be 1440, or negative). A time that a leap of the zone skips is its end. */
  instant(date: string, minute: number): number;
  /** RFC 3339 with milliseconds and the zone's offset: `2026-07-15T22:34:50.000+08:00`. */
  encode(at: number): string;
}

/** `2026-07-15` and 1 → `2026-07-16`. */
export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** 1 Monday to 7 Sunday. */
export const weekday = (date: string): number => new Date(`${date}T00:00:00Z`).getUTCDay() || 7;

/** Throws a RangeError for a name that Intl does not know. */
export function openZone(name: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const measure = (at: number): number => {
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(at)) part[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
  };
  let bucket = Number.NaN;
  let offset = 0;
  const known = new Map<number, number>();
  // Zones change on whole quarters of an hour, so one look-up serves a quarter.
  const offsetMs = (at: number): number => {
    const wanted = Math.floor(at / BUCKET_MS);
    if (wanted !== bucket) {
      offset = known.get(wanted) ?? measure(wanted * BUCKET_MS);
      bucket = wanted;
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(bucket, offset);
    }
    return offset;
  };
  const local = (at: number): string => new Date(at + offsetMs(at)).toISOString();
  return {
    name,
    offsetMs,
    date: (at) => local(at).slice(0, 10),
    instant(date, minute) {
      const wall = Date.parse(`${date}T00:00:00Z`) + minute * 60_000;
      const before = wall - offsetMs(wall - DAY_MS);
      const after = wall - offsetMs(wall + DAY_MS);
      for (const candidate of [before, after]) if (candidate + offsetMs(candidate) === wall) return candidate;
      // Skipped by the zone: the instant of the leap, found between the two.
      let [low, high] = [Math.min(before, after), Math.max(before, after)];
      while (high - low > 1000) {
        const middle = Math.floor((low + high) / 2000) * 1000;
        if (middle + offsetMs(middle) < wall) low = middle;
        else high = middle;
      }
      return high;
    },
    encode(at) {
      const minutes = Math.round(offsetMs(at) / 60_000);
      const sign = minutes < 0 ? '-' : '+';
      const hh = String(Math.floor(Math.abs(minutes) / 60)).padStart(2, '0');
      const mm = String(Math.abs(minutes) % 60).padStart(2, '0');
      return `${local(at).slice(0, -1)}${sign}${hh}:${mm}`;
    },
  };
}
