import { z } from 'zod';
import { DURATION, parseDuration } from '#kit/duration.ts';
import type { Listen } from './site.ts';

const DAY_MS = 86_400_000;

/** An id of a device, point, link, rule: safe in topics, subjects and file names. */
export const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be of small letters, digits, "." and "-", beginning with a letter or digit')
  .max(64, 'must be at most 64 characters long');

/** The four warning colours, the lowest first. */
export const LEVELS = ['blue', 'yellow', 'orange', 'red'] as const;
export const level = z.enum(LEVELS);

export const duration = z
  .string()
  .regex(DURATION, 'must be a number and a unit of ms s min h d, such as 20min')
  .transform(parseDuration);

/** A period at which something is read. */
export const period = duration.refine((ms) => ms >= 50 && ms <= 7 * DAY_MS, 'must be from 50ms to 7d');

const MILLIMETRES: Readonly<Record<string, number>> = { mm: 1, cm: 10, m: 1000 };

/** A length, in millimetres. */
export const length = z
  .string()
  .regex(/^\d+(\.\d+)?(mm|cm|m)$/, 'must be a number and a unit of mm cm m, such as 4.2m')
  .transform((text) => Number.parseFloat(text) * (MILLIMETRES[text.replace(/^[\d.]+/, '')] ?? Number.NaN));

export const date = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date such as 2026-01-01')
  .refine((text) => new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) ?? false, 'is no day of the calendar');

export const title = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) });

/** `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`. */
export const listen = z
  .string()
  .regex(
    /^(\[[0-9a-fA-F:.%]+\]|[A-Za-z0-9.-]+):\d{1,5}$/,
    'must be HOST:PORT, such as 127.0.0.1:8080 (0.0.0.0 for every address)',
  )
  .transform((text): Listen => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65_535, 'has a port above 65535');

const longitude = z.number().min(-180).max(180);
const latitude = z
  .number()
  .min(-90, 'must be a latitude: longitude comes first')
  .max(90, 'must be a latitude: longitude comes first');

/** Where something is: a cell of the city's grid; longitude and latitude in WGS 84 (CGCS2000). */
export const place = z.strictObject({
  grid: z.string().min(1).optional(),
  at: z.tuple([longitude, latitude]).optional(),
});

const HOURS = /^([01]\d|2[0-3]):([0-5]\d)-(([01]\d|2[0-3]):([0-5]\d)|24:00)$/;
const hours = z
  .string()
  .regex(HOURS, 'must be two times of day, such as "22:00-06:00"')
  .transform((text) => {
    const minute = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
    return { fromMinute: minute(text.slice(0, 5)), toMinute: minute(text.slice(6)) };
  });

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const weekday = z.enum(WEEKDAYS).transform((name) => WEEKDAYS.indexOf(name) + 1);

/** A named part of the day: `"22:00-06:00"`, or `{ hours, weekdays, dates, except }`, of the day on which it opens. */
export const dayWindow = z.union([
  hours,
  z
    .strictObject({
      hours,
      weekdays: z.array(weekday).min(1).optional(),
      dates: z.array(date).min(1).optional(),
      except: z.array(date).optional(),
    })
    .transform(({ hours, ...days }) => ({ ...hours, ...days })),
]);
