import type { Alarm } from './alarm.ts';
import type { AlarmEvent, EntryDraft } from './alarm-event.ts';

/** An entry of the log that is no event of one alarm, such as an incident's. */
export interface Beside {
  /** It comes after so many of the step's events. */
  readonly after: number;
  readonly entry: EntryDraft;
}

/** What a step leaves: the alarms it changed, the present one last, and what tells of it. */
export interface Step {
  readonly alarms: readonly Alarm[];
  readonly events: readonly AlarmEvent[];
  /** In their order; left out where there is nothing. */
  readonly beside?: readonly Beside[] | undefined;
}

export const NOTHING: Step = { alarms: [], events: [] };

/** Entries alone. */
export const telling = (entries: readonly EntryDraft[]): Step =>
  entries.length === 0 ? NOTHING : { ...NOTHING, beside: entries.map((entry) => ({ after: 0, entry })) };

/** Steps that followed each other, as one. */
export function joined(steps: readonly Step[]): Step {
  const alarms: Alarm[] = [];
  const events: AlarmEvent[] = [];
  const beside: Beside[] = [];
  for (const step of steps) {
    for (const { after, entry } of step.beside ?? []) beside.push({ after: events.length + after, entry });
    for (const alarm of step.alarms) alarms.push(alarm);
    for (const event of step.events) events.push(event);
  }
  if (alarms.length === 0 && events.length === 0 && beside.length === 0) return NOTHING;
  return beside.length === 0 ? { alarms, events } : { alarms, events, beside };
}

/** All that a step tells, in its order. */
export function entriesOf({ events, beside = [] }: Step): readonly EntryDraft[] {
  if (beside.length === 0) return events;
  const entries: EntryDraft[] = [];
  let next = 0;
  for (let i = 0; i <= events.length; i++) {
    for (let each = beside[next]; each !== undefined && each.after <= i; each = beside[++next])
      entries.push(each.entry);
    const event = events[i];
    if (event !== undefined) entries.push(event);
  }
  return entries;
}
