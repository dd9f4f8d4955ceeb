import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Trust } from '#kit/clock.ts';
import { Fault } from '#kit/fault.ts';
import type { Zone } from '#kit/zone.ts';
import type { Quality, Reading } from '../drivers/reading.ts';
import { type Action, action } from './alarms/action.ts';
import { type Permit, permit } from './rules/permit.ts';

/** One line of a recording (RULES.md, section 6). */
export type Line = { readonly line: number; readonly at: number; readonly tick: number } & (
  | { readonly kind: 'reading'; readonly reading: Reading }
  | { readonly kind: 'action'; readonly action: Action }
  | { readonly kind: 'permit'; readonly permit: Permit }
  | { readonly kind: 'clock'; readonly trust: Trust }
  | { readonly kind: 'start' | 'stop' }
);

const named = z.enum(['synchronised', 'holding', 'unknown']);
const trust = z.union([named, z.strictObject({ trust: named }).transform((said) => said.trust)]);
const QUALITIES = new Set<unknown>(['good', 'uncertain', 'bad']);

const wrong = (file: string, line: number, message: string) => new Fault('recording', `${file}:${line}: ${message}`);

/** Splits one line of CSV: commas, and double quotes around a field, doubled inside it (RFC 4180). */
function splitCsv(text: string): string[] {
  const fields: string[] = [];
  let field = '';
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isQuoted && character === '"' && text[i + 1] === '"') {
      field += '"';
      i++;
    } else if (character === '"') {
      isQuoted = !isQuoted;
    } else if (character === ',' && !isQuoted) {
      fields.push(field);
      field = '';
    } else {
      field += character;
    }
  }
  return [...fields, field];
}

function csvRecord(header: readonly string[], text: string): Record<string, unknown> {
  const fields = splitCsv(text);
  const record: Record<string, unknown> = {};
  for (const [i, name] of header.entries()) {
    const value = fields[i] ?? '';
    if (value !== '') record[name] = name === 'value' && !Number.isNaN(Number(value)) ? Number(value) : value;
  }
  return record;
}

const WITHOUT_OFFSET = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/;

/** UTC ms of a time: RFC 3339, milliseconds, or without an offset in the site's zone; NaN when it is none. */
function timeOf(value: unknown, zone: Zone): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return Number.NaN;
  if (/^\d+$/.test(value)) return Number(value);
  const [, date, hours, minutes, seconds = '0'] = WITHOUT_OFFSET.exec(value) ?? [];
  if (date === undefined || Number.isNaN(Date.parse(date))) return Date.parse(value);
  return zone.instant(date, Number(hours) * 60 + Number(minutes)) + Math.round(Number(seconds) * 1000);
}

/**
 * The lines of a recording in order, from CSV with a header or from JSON lines. Throws a Fault `recording` with
 * `file:line` at a line that cannot be read, or that is older than the one before it.
 */
export async function* readRecording(file: string, zone: Zone): AsyncGenerator<Line> {
  const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  let header: string[] | null = null;
  let offset = 0;
  let last = Number.NEGATIVE_INFINITY;
  for await (const text of lines) {
    number++;
    const trimmed = (number === 1 ? text.replace(/^\uFEFF/, '') : text).trim();
    if (trimmed === '') continue;
    if (header === null && !trimmed.startsWith('{')) {
      header = splitCsv(trimmed).map((name) => name.trim());
      for (const name of ['at', 'device', 'point', 'value']) {
        if (!header.includes(name)) throw wrong(file, number, `the CSV header has no column '${name}'`);
      }
      continue;
    }
    const record =
      header === null || trimmed.startsWith('{') ? jsonRecord(file, number, trimmed) : csvRecord(header, trimmed);
    const at = timeOf(record.at, zone);
    if (!Number.isFinite(at)) throw wrong(file, number, `'at' is not a time: ${JSON.stringify(record.at)}`);
    const tick = record.tick === undefined ? at - offset : timeOf(record.tick, zone);
    offset = at - tick;
    if (tick < last) throw wrong(file, number, 'older than the line before it: sort the recording by time');
    last = tick;
    yield { line: number, at, tick, ...body(file, number, record, at, tick, zone) };
  }
}

function jsonRecord(file: string, line: number, text: string): Record<string, unknown> {
  try {
    const record: unknown = JSON.parse(text);
    if (typeof record === 'object' && record !== null) return record as Record<string, unknown>;
  } catch {
    // Told below, with its place.
  }
  throw wrong(file, line, 'not a JSON object');
}

type Body = Line extends infer L ? (L extends Line ? Omit<L, 'line' | 'at' | 'tick'> : never) : never;

function body(file: string, line: number, record: Record<string, unknown>, at: number, tick: number, zone: Zone): Body {
  const parse = <T>(schema: z.ZodType<T>, value: unknown): T => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw wrong(file, line, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`);
  };
  if (record.action !== undefined) {
    const said = record.action;
    return {
      kind: 'action',
      action: parse(action, typeof said === 'object' ? { by: 'recording', ...said } : said),
    };
  }
  if (record.permit !== undefined) return { kind: 'permit', permit: parse(permit, record.permit) };
  if (record.clock !== undefined) {
    return { kind: 'clock', trust: parse(trust, record.clock) };
  }
  if (record.start !== undefined) return { kind: 'start' };
  if (record.stop !== undefined) return { kind: 'stop' };
  const { device, point, value = null, quality = 'good', code } = record;
  if (typeof device !== 'string' || typeof point !== 'string') {
    throw wrong(
      file,
      line,
      "a reading needs 'device' and 'point'; other lines 'action', 'permit', 'clock', 'start' or 'stop'",
    );
  }
  if (!QUALITIES.has(quality))
    throw wrong(file, line, `quality is good, uncertain or bad, not ${JSON.stringify(quality)}`);
  if (value !== null && typeof value !== 'number' && typeof value !== 'string') {
    throw wrong(file, line, `a value is a number or a state's name, not ${JSON.stringify(value)}`);
  }
  const deviceAt = record.deviceAt === undefined ? Number.NaN : timeOf(record.deviceAt, zone);
  return {
    kind: 'reading',
    reading: {
      point: `${device}/${point}`,
      value,
      at,
      tick,
      quality: quality as Quality,
      ...(typeof code === 'string' ? { code } : {}),
      ...(Number.isFinite(deviceAt) ? { deviceAt } : {}),
      ...(record.late === true || record.late === 'true' ? { late: true as const } : {}),
    },
  };
}
