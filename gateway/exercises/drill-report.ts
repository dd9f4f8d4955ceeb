import type { EntryDraft } from '../alarms/alarm-event.ts';
import { LEVELS, type Text } from '../rules/finding.ts';

/** What is timed of each alarm of a drill, in the order in which it should happen. */
export const TIMED = [
  'raised',
  'called',
  'acknowledged',
  'dispatched',
  'accepted',
  'arrived',
  'resolved',
  'verified',
  'closed',
] as const;
export type Timed = (typeof TIMED)[number];

/** The step that a plan waits for → what happens when it is done. */
const DONE_BY: Readonly<Record<string, Timed>> = {
  acknowledge: 'acknowledged',
  dispatch: 'dispatched',
  accept: 'accepted',
  arrive: 'arrived',
  resolve: 'resolved',
  verify: 'verified',
};

export interface DrillAlarm {
  readonly alarm: string;
  readonly device: string;
  readonly rule: string;
  readonly title: Text;
  /** The highest that it came to. */
  readonly level: string | null;
  /** When each came, RFC 3339; and by when its plan wanted it. */
  readonly times: Readonly<Partial<Record<Timed, { readonly at: string | null; readonly due: string | null }>>>;
  /** Steps that were late, or never came though they were due. */
  readonly late: readonly Timed[];
  readonly escalated: number;
}

export interface DrillReport {
  readonly drill: string;
  readonly title: Text;
  readonly by: string;
  readonly speed: number;
  readonly place: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** `over`, `stopped`; null while it runs. */
  readonly ended: string | null;
  readonly points: readonly string[];
  readonly alarms: readonly DrillAlarm[];
  readonly exercise: 'drill';
}

interface Told {
  readonly alarm?: unknown;
  readonly level?: unknown;
  readonly device?: unknown;
  readonly rule?: unknown;
  readonly title?: unknown;
  readonly response?: { readonly waitsFor: string | null; readonly due: string | null } | null;
}

interface Row {
  readonly alarm: string;
  readonly device: string;
  readonly rule: string;
  readonly title: Text;
  level: string | null;
  readonly at: Map<Timed, string>;
  readonly due: Map<Timed, string>;
  escalated: number;
}

const ALARM = 'city.gengfu.alarm.';
const CALL_SENT = 'city.gengfu.call.sent';
const RANKS: readonly string[] = LEVELS;
/** −1 for none. */
const rankOf = (level: string | null): number => RANKS.indexOf(level ?? '');
/** Alarms of one drill that are reported. */
const MOST_ALARMS = 200;

/** Gathers what is told of a drill's alarms. */
export class DrillTimes {
  readonly #rows = new Map<string, Row>();

  has(alarm: string): boolean {
    return this.#rows.has(alarm);
  }

  take({ type, time, data }: EntryDraft): void {
    const { alarm, level, device, rule, title, response } = data as Told;
    if (typeof alarm !== 'string') return;
    const step = type.startsWith(ALARM) ? type.slice(ALARM.length) : type === CALL_SENT ? 'called' : null;
    if (step === null) return;
    const row = this.#rows.get(alarm) ?? this.#add(alarm, device, rule, title);
    if (row === null) return;
    if (typeof level === 'string' && rankOf(level) > rankOf(row.level)) row.level = level;
    if (step === 'escalated') row.escalated++;
    const timed = TIMED.find((each) => each === step);
    // The first of each counts: a second acknowledgement after a rise is another matter.
    if (timed !== undefined && !row.at.has(timed)) row.at.set(timed, time);
    const waitsFor = DONE_BY[response?.waitsFor ?? ''];
    if (waitsFor !== undefined && response?.due != null && !row.due.has(waitsFor)) row.due.set(waitsFor, response.due);
  }

  /** `now`: RFC 3339, by which what has not come is late. */
  alarms(now: string): readonly DrillAlarm[] {
    return [...this.#rows.values()].map(({ at, due, ...row }) => {
      const late = TIMED.filter((step) => {
        const limit = due.get(step);
        return limit !== undefined && Date.parse(at.get(step) ?? now) > Date.parse(limit);
      });
      const times: Partial<Record<Timed, { at: string | null; due: string | null }>> = {};
      for (const step of TIMED) {
        if (at.has(step) || due.has(step)) times[step] = { at: at.get(step) ?? null, due: due.get(step) ?? null };
      }
      return { ...row, times, late };
    });
  }

  #add(alarm: string, device: unknown, rule: unknown, title: unknown): Row | null {
    if (this.#rows.size >= MOST_ALARMS || typeof device !== 'string' || typeof rule !== 'string') return null;
    const row: Row = {
      ...{ alarm, device, rule, level: null, escalated: 0, at: new Map(), due: new Map() },
      // Of an alarm event, as its contract has it.
      title: title as Text,
    };
    this.#rows.set(alarm, row);
    return row;
  }
}

const WORDS: Readonly<Record<Timed, string>> = {
  raised: '触发 raised',
  called: '通知 called',
  acknowledged: '确认 acknowledged',
  dispatched: '派单 dispatched',
  accepted: '接单 accepted',
  arrived: '到场 arrived',
  resolved: '处置 resolved',
  verified: '复核 verified',
  closed: '关闭 closed',
};

const face = (time: string | null): string => (time === null ? '—' : time.slice(11, 19));

/** For a terminal. */
export function encodeDrillText(report: DrillReport): string {
  const lines = [
    `【演练】${report.title.zh} · ${report.title.en}, by ${report.by}, speed ${report.speed}`,
    `${report.startedAt} … ${report.endedAt ?? 'runs'}${report.ended === null ? '' : ` (${report.ended})`}`,
  ];
  for (const { device, title, level, times, late, escalated } of report.alarms) {
    lines.push('', `${level ?? '-'}  ${device}  ${title.zh}${escalated > 0 ? `  (${escalated} escalations)` : ''}`);
    for (const step of TIMED) {
      const time = times[step];
      if (time === undefined) continue;
      const due = time.due === null ? '' : `  due ${face(time.due)}`;
      lines.push(`  ${WORDS[step].padEnd(18)} ${face(time.at)}${due}${late.includes(step) ? '  LATE 超时' : ''}`);
    }
  }
  if (report.alarms.length === 0) lines.push('', 'no alarm was raised');
  return lines.join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);

/** A page that can be printed. */
export function encodeDrillHtml(report: DrillReport): string {
  const cell = (step: Timed, { times, late }: DrillAlarm): string => {
    const time = times[step];
    if (time === undefined) return '<td></td>';
    const due = time.due === null ? '' : `<br><small>≤ ${face(time.due)}</small>`;
    return `<td${late.includes(step) ? ' class="late"' : ''}>${face(time.at)}${due}</td>`;
  };
  const rows = report.alarms.map(
    (alarm) =>
      `<tr><td>${escaped(alarm.device)}</td><td>${escaped(alarm.title.zh)}</td><td>${alarm.level ?? ''}</td>${TIMED.map((step) => cell(step, alarm)).join('')}</tr>`,
  );
  const heads = ['设备 device', '告警 alarm', '级别 level', ...TIMED.map((step) => WORDS[step])];
  return `<!doctype html><html lang="zh"><meta charset="utf-8"><title>演练报告</title><style>
body{font:14px/1.5 sans-serif;margin:2em}table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:.3em;text-align:left}.late{background:#fdd;font-weight:bold}
</style><h1>【演练】${escaped(report.title.zh)} <small>${escaped(report.title.en)}</small></h1>
<p>${escaped(report.by)} · ${escaped(report.startedAt)} … ${escaped(report.endedAt ?? '')} · ×${report.speed} · ${escaped(report.ended ?? '')}</p>
<table><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr>${rows.join('')}</table></html>`;
}
