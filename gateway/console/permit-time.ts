import { dateOf, minuteOfDay, timeOfDay } from './time.ts';

/** `2026-07-15T22:00`, as a form asks for it, in the site's zone → `2026-07-15T22:00:00+08:00`. */
export function instantIn(zone: string, local: string): string {
  const wall = Date.parse(`${local}Z`);
  // What the zone shows at an instant tells its offset; twice, for a day on which the clock is changed.
  const shown = (at: number) => Date.parse(`${dateOf(at, zone)}T${timeOfDay(at, zone)}Z`);
  let at = wall;
  for (let n = 0; n < 2; n++) at = wall - (shown(at) - at);
  const minutes = Math.round((shown(at) - at) / 60_000);
  const two = (n: number) => String(n).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
  return `${local.slice(0, 16)}:00${offset}`;
}

/** An instant or a date of a permit, as people of the site read it. */
export function momentWords(zone: string, moment: string): string {
  if (!moment.includes('T')) return moment;
  const at = Date.parse(moment);
  return `${dateOf(at, zone)} ${minuteOfDay(at, zone)}`;
}
