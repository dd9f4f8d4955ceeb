/** With its zone: without one nobody knows which instant a device means. */
const ISO_INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/;

const EARLIEST = Date.UTC(2000, 0);
const LATEST = Date.UTC(2100, 0);
/** Seconds of the years to 2100 lie below it, milliseconds of those from 2000 above it. */
const SECONDS_BELOW = 1e10;

/** A device's own time as UTC milliseconds, from ISO 8601 text with a zone, seconds or milliseconds; else undefined. */
export function parseDeviceTime(value: unknown): number | undefined {
  const ms =
    typeof value === 'number'
      ? Math.round(value < SECONDS_BELOW ? value * 1000 : value)
      : typeof value === 'string' && ISO_INSTANT.test(value)
        ? Date.parse(value)
        : Number.NaN;
  return ms >= EARLIEST && ms < LATEST ? ms : undefined;
}
