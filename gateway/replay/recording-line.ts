import { z } from 'zod';
import type { Trust } from '#kit/clock.ts';
import { Fault } from '#kit/fault.ts';
import type { Quality, Reading } from '../../drivers/reading.ts';
import { type Action, action } from '../alarms/action.ts';
import { type Permit, permit } from '../rules/permit.ts';

/** What a line of a recording tells, before its place in time is known (RULES.md, section 6). */
export type Said =
  | { readonly kind: 'reading'; readonly device: string; readonly id: string; readonly reading: SaidReading }
  | { readonly kind: 'action'; readonly action: Action }
  | { readonly kind: 'permit'; readonly permit: Permit }
  | { readonly kind: 'clock'; readonly trust: Trust }
  | { readonly kind: 'start' | 'stop' };

type SaidReading = Omit<Reading, 'point' | 'at' | 'tick'>;

const named = z.enum(['synchronised', 'holding', 'unknown']);
const trust = z.union([named, z.strictObject({ trust: named }).transform((said) => said.trust)]);
const QUALITIES = new Set<unknown>(['good', 'uncertain', 'bad']);
const OTHERS = "other lines 'action', 'permit', 'clock', 'start' or 'stop'";

/** A Fault `recording` without the place, which the reader of the file knows. */
export const wrong = (message: string): Fault => new Fault('recording', message);

/** Throws a Fault `recording` when it is none. */
export function parseJson(text: string): Record<string, unknown> {
  try {
    const record: unknown = JSON.parse(text);
    if (typeof record === 'object' && record !== null) return record as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw wrong('not a JSON object');
}

/** What a record tells; `timeOf` a time, UTC ms. Throws a Fault `recording` when it tells nothing. */
export function parseRecord(record: Readonly<Record<string, unknown>>, timeOf: (value: unknown) => number): Said {
  if (record.action !== undefined) {
    const said = record.action;
    return { kind: 'action', action: parse(action, typeof said === 'object' ? { by: 'recording', ...said } : said) };
  }
  if (record.permit !== undefined) return { kind: 'permit', permit: parse(permit, record.permit) };
  if (record.clock !== undefined) return { kind: 'clock', trust: parse(trust, record.clock) };
  if (record.start !== undefined) return { kind: 'start' };
  if (record.stop !== undefined) return { kind: 'stop' };
  const { device, point, value = null, quality = 'good', code } = record;
  if (typeof device !== 'string' || typeof point !== 'string') {
    throw wrong(`a reading needs 'device' and 'point'; ${OTHERS}`);
  }
  if (!QUALITIES.has(quality)) throw wrong(`quality is good, uncertain or bad, not ${JSON.stringify(quality)}`);
  if (value !== null && typeof value !== 'number' && typeof value !== 'string') {
    throw wrong(`a value is a number or a state's name, not ${JSON.stringify(value)}`);
  }
  const deviceAt = record.deviceAt === undefined ? Number.NaN : timeOf(record.deviceAt);
  const reading: SaidReading = {
    value,
    quality: quality as Quality,
    ...(typeof code === 'string' ? { code } : {}),
    ...(Number.isFinite(deviceAt) ? { deviceAt } : {}),
    ...(record.late === true || record.late === 'true' ? { late: true as const } : {}),
  };
  return { kind: 'reading', device, id: point, reading };
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw wrong(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`);
}
