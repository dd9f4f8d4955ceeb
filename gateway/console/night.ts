import type { Level, Text } from '../rules/finding.ts';
import { ALARM_PREFIX, isRise, URGENT_FIRST } from './alarm-order.ts';
import type { LogEntry } from './api.ts';

/** Steps that a plan gives times for, in their order. */
export const NIGHT_STEPS = ['acknowledge', 'dispatch', 'accept', 'arrive', 'resolve', 'verify'] as const;
export type NightStep = (typeof NIGHT_STEPS)[number];

const DONE_BY: Readonly<Record<string, NightStep>> = {
  acknowledged: 'acknowledge',
  dispatched: 'dispatch',
  accepted: 'accept',
  arrived: 'arrive',
  resolved: 'resolve',
  verified: 'verify',
};

/** One step that was waited for, once. Times in UTC ms. */
export interface Run {
  readonly from: number;
  /** By when it was promised; null: no time was. */
  readonly due: number | null;
  /** Null: not yet, or it was not needed any more. */
  readonly done: number | null;
  readonly isLate: boolean;
}

export interface NightAlarm {
  readonly id: string;
  readonly device: string;
  readonly title: Text;
  readonly raisedAt: number;
  /** The highest that it came to. */
  readonly level: Level | null;
  readonly isClosed: boolean;
  readonly exercise: 'drill' | 'test' | null;
  readonly runs: Readonly<Partial<Record<NightStep, readonly Run[]>>>;
}

interface Row extends Omit<NightAlarm, 'runs' | 'level' | 'isClosed'> {
  level: Level | null;
  isClosed: boolean;
  /** When it was raised or rose last, seen last, and came a step further: from then on the next step is waited for. */
  roseAt: number;
  seenAt: number | null;
  movedAt: number | null;
  readonly runs: Map<NightStep, Run[]>;
}

const higher = (a: Level | null, b: Level | null): Level | null => {
  if (a === null || b === null) return a ?? b;
  return URGENT_FIRST.indexOf(a) <= URGENT_FIRST.indexOf(b) ? a : b;
};

const isStep = (name: string | null): name is NightStep => NIGHT_STEPS.some((step) => step === name);

/** What a list of entries, oldest first, says of the response to each alarm that was raised in it; in the order raised. */
export function nightOf(entries: readonly LogEntry[]): readonly NightAlarm[] {
  const rows = new Map<string, Row>();
  for (const entry of entries) take(rows, entry);
  return [...rows.values()].map(({ runs, roseAt: _, seenAt: __, movedAt: ___, ...row }) => ({
    ...row,
    runs: Object.fromEntries(runs),
  }));
}

function take(rows: Map<string, Row>, entry: LogEntry): void {
  const { alarm, title, device = '', level = null, exercise = null, response } = entry.data;
  if (!entry.type.startsWith(ALARM_PREFIX) || alarm === undefined || title === undefined) return;
  const kind = entry.type.slice(ALARM_PREFIX.length);
  const at = Date.parse(entry.time);
  let row = rows.get(alarm);
  if (row === undefined) {
    if (kind !== 'raised' || entry.data.again === true) return;
    row = {
      ...{ id: alarm, device, title, raisedAt: at, level, isClosed: false, exercise },
      ...{ roseAt: at, seenAt: null, movedAt: null, runs: new Map() },
    };
    rows.set(alarm, row);
  }
  row.level = higher(row.level, level);
  row.isClosed = kind === 'closed';
  // What rises is to be acknowledged anew.
  if (kind === 'raised' || isRise(entry)) {
    row.roseAt = at;
    drop(row, 'acknowledge');
  }
  const done = DONE_BY[kind];
  if (done !== undefined) {
    finish(row, done, at);
    if (done === 'acknowledge') row.seenAt = at;
    else row.movedAt = at;
  }
  const late = response?.late ?? null;
  if (isStep(late)) change(row, late, (run) => ({ ...run, isLate: true }));
  const waitsFor = response?.waitsFor ?? null;
  if (isStep(waitsFor) && kind !== 'escalated') {
    const due = response?.due ? Date.parse(response.due) : null;
    const from = beginOf(row, waitsFor);
    // A clock that stood still is due later, one that has risen sooner; once it is late, the next tier's time is not its own.
    if (!change(row, waitsFor, (run) => (run.isLate ? run : { ...run, due: due ?? run.due }))) {
      row.runs.set(waitsFor, [...(row.runs.get(waitsFor) ?? []), { from, due, done: null, isLate: false }]);
    }
  }
}

/** From when on a step is waited for: whom to send is asked once somebody has seen it, the others follow each other. */
function beginOf({ roseAt, seenAt, movedAt }: Row, step: NightStep): number {
  if (step === 'acknowledge') return roseAt;
  return step === 'dispatch' ? (seenAt ?? roseAt) : (movedAt ?? seenAt ?? roseAt);
}

/** Changes the run that waits; false where none does. */
function change(row: Row, step: NightStep, how: (run: Run) => Run): boolean {
  const runs = row.runs.get(step) ?? [];
  const run = runs.at(-1);
  if (run === undefined || run.done !== null) return false;
  row.runs.set(step, [...runs.slice(0, -1), how(run)]);
  return true;
}

function drop(row: Row, step: NightStep): void {
  const runs = row.runs.get(step) ?? [];
  const run = runs.at(-1);
  // One that was late stays in the list: somebody did not look.
  if (run !== undefined && run.done === null && !run.isLate) row.runs.set(step, runs.slice(0, -1));
}

function finish(row: Row, step: NightStep, at: number): void {
  const end = (run: Run): Run => ({ ...run, done: at, isLate: run.isLate || (run.due !== null && at > run.due) });
  if (change(row, step, end)) return;
  const run = { from: beginOf(row, step), due: null, done: at, isLate: false };
  row.runs.set(step, [...(row.runs.get(step) ?? []), run]);
}

/** Of all runs of one step. */
export interface StepSum {
  readonly step: NightStep;
  readonly done: number;
  /** Of those done that had a time. */
  readonly promised: number;
  readonly onTime: number;
  readonly medianMs: number;
  readonly longestMs: number;
}

/** How long people took for each step that was done; steps that nobody took are left out. */
export function sumsOf(alarms: readonly NightAlarm[]): readonly StepSum[] {
  return NIGHT_STEPS.flatMap((step) => {
    const runs = alarms.flatMap((alarm) => alarm.runs[step] ?? []).filter(({ done }) => done !== null);
    if (runs.length === 0) return [];
    const took = runs.map(({ from, done }) => (done ?? from) - from).sort((a, b) => a - b);
    const promised = runs.filter(({ due }) => due !== null);
    return {
      step,
      done: runs.length,
      promised: promised.length,
      onTime: promised.filter(({ isLate }) => !isLate).length,
      medianMs: took[Math.floor((took.length - 1) / 2)] ?? 0,
      longestMs: took.at(-1) ?? 0,
    };
  });
}

export interface LateStep {
  readonly alarm: NightAlarm;
  readonly step: NightStep;
  readonly run: Run;
}

/** Steps that were late, or are now, the first that was waited for first. */
export function lateSteps(alarms: readonly NightAlarm[], now: number): readonly LateStep[] {
  return alarms
    .flatMap((alarm) =>
      NIGHT_STEPS.flatMap((step) =>
        (alarm.runs[step] ?? [])
          .filter(({ isLate, due, done }) => isLate || (done === null && !alarm.isClosed && due !== null && due < now))
          .map((run) => ({ alarm, step, run })),
      ),
    )
    .toSorted((a, b) => a.run.from - b.run.from);
}
