import type { Summary } from '../history/history.ts';
import type { SentPoint } from './upstream.ts';

/** A reading as it is kept: what a line is made of. */
export interface SentReading {
  readonly point: string;
  readonly value: number | string | null;
  readonly at: number;
  readonly quality: 'good' | 'uncertain' | 'bad';
  readonly code?: string;
  readonly deviceAt?: number;
  readonly late?: true;
}

type Fields = Readonly<Record<string, number | string | null | undefined>>;
type Tags = Readonly<Record<string, string | null | undefined>>;

const CONTROL = /\p{Cc}/gu;
const RESERVED = /[,= ]/g;

/**
 * A tag's value as the line protocol writes it (InfluxDB 1.x, "Line protocol reference"). It knows no escape for a line
 * feed, which would begin a second line, nor for a backslash at the end, which would take the next comma along: control
 * characters and backslashes become `_`.
 */
const encodeTag = (value: string): string =>
  value.replace(CONTROL, '_').replaceAll('\\', '_').replace(RESERVED, '\\$&');

const encodeText = (value: string): string =>
  `"${value.replace(CONTROL, '_').replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/**
 * One line without its line feed; undefined where no field has a value. Numbers are floating ones always, so that a field
 * never changes its type; what is not finite, and tags that are empty, are left out.
 */
export function encodeLine(measurement: string, tags: Tags, fields: Fields, at: number): string | undefined {
  const said: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') said.push(`${name}=${encodeText(value)}`);
    else if (typeof value === 'number' && Number.isFinite(value)) said.push(`${name}=${value}`);
  }
  if (said.length === 0 || !Number.isFinite(at)) return undefined;
  const named = Object.entries(tags).flatMap(([name, value]) => (value ? `,${name}=${encodeTag(value)}` : []));
  return `${encodeTag(measurement)}${named.join('')} ${said.join()} ${Math.round(at)}`;
}

const tagsOf = (gateway: string, key: string, point: SentPoint | undefined): Tags => ({
  gateway,
  device: point?.device ?? key.slice(0, key.indexOf('/')),
  point: point?.id ?? key.slice(key.indexOf('/') + 1),
  quantity: point?.quantity,
  scene: point?.scene,
  grid: point?.place.grid,
});

/** A reading: `value` or `state`, `ok` 1 where it is good, `code` where it is not. A late one is of its device's own time. */
export function encodeReading(gateway: string, reading: SentReading, point: SentPoint | undefined): string | undefined {
  const { value, quality, code, late, deviceAt, at } = reading;
  const fields = {
    value: typeof value === 'number' ? value : undefined,
    state: typeof value === 'string' ? value : undefined,
    ok: quality === 'good' ? 1 : 0,
    code,
  };
  const when = late === undefined ? at : (deviceAt ?? at);
  return encodeLine('gengfu_reading', tagsOf(gateway, reading.point, point), fields, when);
}

/** A minute: its numbers and the share of good readings; of states a line each, with how often it was so. */
export function encodeSummary(gateway: string, row: Summary, point: SentPoint | undefined): string | undefined {
  const { min, max, mean, leq, count, good, state } = row;
  const fields = state === null ? { min, max, mean, leq, count, valid: good / count } : { count };
  return encodeLine('gengfu_minute', { ...tagsOf(gateway, row.point, point), state }, fields, row.from);
}

/** An entry of the log, as a mark on a chart; undefined where it cannot be read as one. */
export function encodeEvent(gateway: string, json: string): string | undefined {
  // Written by the ledger: a CloudEvent whose data may be that of an alarm.
  const { type, subject, time, sequence, data } = JSON.parse(json) as {
    type: string;
    subject: string;
    time: string;
    sequence: string;
    data: Partial<Record<string, unknown>> & { readonly title?: { readonly zh?: string } };
  };
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const tags = { gateway, type, device: text(data.device), point: text(data.point), rule: text(data.rule) };
  const value = typeof data.value === 'number' ? data.value : undefined;
  const title = data.title?.zh ?? subject;
  const fields = { sequence: Number(sequence), title, level: text(data.level), value, reason: text(data.reason) };
  return encodeLine('gengfu_event', tags, fields, Date.parse(time));
}
