import { ALARM_PREFIX, isRise } from './alarm-order.ts';
import type { LogEntry } from './api.ts';
import { lengthOf } from './time.ts';
import type { Say } from './words/words.ts';

/** Units as people write them; the gateway's are plain ASCII. */
const UNITS: Readonly<Record<string, string>> = {
  'mg/m3': 'mg/m³',
  'ug/m3': 'µg/m³',
  Cel: '℃',
  deg: '°',
};

export const unitWords = (unit: string | null): string => (unit === null ? '' : (UNITS[unit] ?? unit));

/** As many digits as people read a value with: whole where it is whole, two after the point where it is small. */
export const numberWords = (value: number): string => {
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) < 10 && !Number.isInteger(value * 10) ? 2 : 1);
};

/** A share of 0 to 1 in per cent. */
export const percentWords = (share: number): string => `${Math.round(share * 100)} %`;

/** An excess over a limit and its unit. The difference of two sound levels is in dB, whatever they are weighted by. */
export const excessWords = (excess: number, unit: string | null): readonly [string, string] => [
  excess.toFixed(1),
  unit === 'dB(A)' ? 'dB' : unitWords(unit),
];

/** A value with its unit, or a state's name in words. */
export function valueWords(say: Say, value: number | string | null, unit: string | null, measure = 'value'): string {
  if (value === null) return '—';
  if (typeof value === 'string') return say.of('value', value);
  const name = unitWords(unit);
  const per = measure.startsWith('rate') ? `${name}/min` : name;
  return `${numberWords(value)}${per === '' ? '' : per === '°' ? per : ` ${per}`}`;
}

/** `leq 20min` → 20 分钟等效声级 (Leq). */
export function measureWords(say: Say, measure: string): string {
  const [kind = '', ...rest] = measure.split(' ');
  const [, n, unit] = /^([\d.]+)([a-z]+)$/.exec(rest.at(-1) ?? '') ?? [];
  const over = n === undefined || unit === undefined ? '' : say.of('over', unit, { n });
  const text = say.of('measure', kind, { over, p: rest[0] ?? '' });
  return text === kind ? measure : text;
}

/** A length of time in its two largest units. */
export function lengthWords(say: Say, ms: number): string {
  const { d, h, min, s } = lengthOf(ms);
  if (d > 0) return say('length.d', { d, h });
  if (h > 0) return say('length.h', { h, min });
  if (min > 0) return say('length.min', { min, s });
  return say('length.s', { s });
}

/** How far a device's own clock is off, and what came of setting it. */
export function clockWords(
  say: Say,
  { offMs, set }: { readonly offMs: number; readonly set?: string | undefined },
): string {
  const length = lengthWords(say, Math.abs(offMs));
  const off = say(offMs < 0 ? 'clock-off.behind' : 'clock-off.ahead', { length });
  return set === undefined ? off : say('clock-off.and', { off, set: say.of('clock-set', set) });
}

/** A note of one at the spot: what he said, and where he was (`… @120.7,30.7 #photo`). */
export function noteParts(note: string): { readonly words: string; readonly at: readonly [number, number] | null } {
  const [, words = '', longitude, latitude] =
    /^(.*?) ?(?:@(-?[\d.]+),(-?[\d.]+))?(?: ?#\d{13}-[0-9a-f]{16}\.(?:jpg|png))?$/s.exec(note) ?? [];
  const at =
    longitude === undefined || latitude === undefined ? null : ([Number(longitude), Number(latitude)] as const);
  return { words, at };
}

/** What an entry of the log is called. */
export function stepWords(say: Say, entry: LogEntry): string {
  if (!entry.type.startsWith(ALARM_PREFIX)) return say.of('event', entry.type.replace('city.gengfu.', ''));
  const step = entry.type.slice(ALARM_PREFIX.length);
  if (step === 'raised' && entry.data.again) return say('event.again');
  if (step === 'level-changed') return say(isRise(entry) ? 'event.risen' : 'event.fallen');
  return say.of('event', step);
}
