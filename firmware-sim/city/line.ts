import { clockFace } from '../sim-time.ts';

const EVENT_PREFIX = 'city.gengfu.';

/** The number that the gateway gave an event; null when what came is no event. */
export function numberOf(event: unknown): number | null {
  const sequence = Number(textAt(event, 'sequence'));
  return Number.isSafeInteger(sequence) && sequence > 0 ? sequence : null;
}

/** One event on one line: time, what, level, which alarm, value. */
export function encodeLine(event: unknown, offsetMinutes: number): string {
  const at = Date.parse(textAt(event, 'time') ?? '');
  const data = fieldOf(event, 'data');
  const type = (textAt(event, 'type') ?? '?').replace(EVENT_PREFIX, '').replace('alarm.', '');
  const rule = textAt(data, 'rule');
  // What is told beside alarms, such as a call, has its subject alone.
  const alarm = rule === null ? (textAt(event, 'subject') ?? '?') : `${rule}@${textAt(data, 'device') ?? '?'}`;
  const value = [fieldOf(data, 'value'), textAt(data, 'unit')].filter((part) => part !== null && part !== undefined);
  const before = textAt(data, 'previousLevel');
  const level = textAt(data, 'level');
  return [
    Number.isNaN(at) ? '??:??:??' : clockFace(at, offsetMinutes),
    type.padEnd(13),
    (before !== null && level !== null ? `${before} → ${level}` : (level ?? '')).padEnd(15),
    alarm,
    value.map((part) => (typeof part === 'number' ? String(Math.round(part * 1000) / 1000) : part)).join(' '),
    `#${textAt(event, 'sequence') ?? '?'}`,
  ].join('  ');
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function textAt(value: unknown, key: string): string | null {
  const field = fieldOf(value, key);
  return typeof field === 'string' ? field : null;
}
