import type { Reading } from '../../drivers/reading.ts';
import type { AlarmEvent } from '../../gateway/alarms/alarm-event.ts';
import { Judge, type JudgedSite } from '../../gateway/judge/judge.ts';
import { permit } from '../../gateway/rules/permit.ts';
import type { RulePoint } from '../../gateway/rules/point.ts';
import { rule } from '../../gateway/rules/rule.ts';

/** 2026-07-15 22:00 in Shanghai: the beginning of a night. */
export const NIGHT = Date.parse('2026-07-15T22:00:00+08:00');

export const aPoint = (
  more: Partial<RulePoint> & { readonly device?: string; readonly id?: string } = {},
): RulePoint => {
  const { device = 'd', id = 'p' } = more;
  return {
    key: `${device}/${id}`,
    device,
    deviceName: device,
    id,
    quantity: 'water.depth',
    unit: 'cm',
    everyMs: 10_000,
    scene: null,
    tags: [],
    place: { grid: null, at: null },
    validUntil: null,
    ...more,
  };
};

/** A site to judge by, from rules as YAML would say them. */
export const aSite = (
  rules: readonly object[],
  points: readonly RulePoint[] = [aPoint()],
  more: Partial<JudgedSite> & { readonly filings?: readonly object[] } = {},
): JudgedSite => ({
  timeZone: 'Asia/Shanghai',
  windows: { night: { name: 'night', fromMinute: 22 * 60, toMinute: 6 * 60 } },
  notEvaluableAfterMs: 45 * 60_000,
  points,
  rules: rules.map((each, i) =>
    rule.parse({ id: `r${i}`, title: { zh: '规则', en: 'rule' }, on: { device: 'd' }, ...each }),
  ),
  permits: (more.filings ?? []).map((each) => permit.parse({ on: { device: 'd' }, ...each })),
  ...more,
});

/** Seconds after `start`, a value (null: a bad reading), and the point where it is not `d/p`. */
export type Row = readonly [seconds: number, value: number | string | null, point?: string];

export const readingOf = ([seconds, value, point = 'd/p']: Row, start: number): Reading => ({
  point,
  value,
  at: start + seconds * 1000,
  tick: start + seconds * 1000,
  quality: value === null ? 'bad' : 'good',
});

/** `12 raised yellow 5.1`, `40 returned window-closed`: what a table of expectations compares. */
export function told(event: AlarmEvent, start: number): string {
  const { type, time, data } = event;
  const step = type.slice(type.lastIndexOf('.') + 1);
  const seconds = (Date.parse(time) - start) / 1000;
  const parts = [seconds, step, data.level, data.value, data.again ? 'again' : null, data.reason, data.permit?.status];
  return parts.filter((part) => part !== null && part !== undefined).join(' ');
}

/** Judges rows in order, readings of one instant together, and then lets time run to `until` seconds. */
export function judge(site: JudgedSite, rows: readonly Row[], until = 0, start = NIGHT): string[] {
  const judged = new Judge(site, { at: start, tick: start }, 'synchronised');
  const events: AlarmEvent[] = [];
  for (const instant of Map.groupBy(rows, ([seconds]) => seconds).values()) {
    events.push(...judged.step(instant.map((row) => readingOf(row, start))).events);
  }
  const end = start + until * 1000;
  events.push(...judged.advance({ at: end, tick: end }).events);
  return events.map((event) => told(event, start));
}

/** The same value every `every` seconds. */
export const steady = (
  from: number,
  to: number,
  every: number,
  value: number | string | null,
  point?: string,
): Row[] => {
  const rows: Row[] = [];
  for (let at = from; at <= to; at += every) rows.push(point === undefined ? [at, value] : [at, value, point]);
  return rows;
};
