import type { Trust } from '#kit/clock.ts';
import { compareLevels, type Finding, type Level } from '../rules/finding.ts';
import type { AlarmAction, REFUSALS, ResponseAction } from './action.ts';
import type { Alarm, Announced } from './alarm.ts';
import { acknowledgedResponse, begun, isAnswered } from './response.ts';
import type { ResponsePlan } from './response-plan.ts';
import { stepResponse } from './response-steps.ts';
import { NOTHING, type Step } from './step.ts';
import { rounded, type Told, tell } from './tell.ts';

/** What a step needs beside state and input. */
export interface LifecycleContext {
  /** A new alarm's id. */
  newId(at: number): string;
  /** UTC ms → RFC 3339 with the site's offset. */
  encodeTime(at: number): string;
  trust(): Trust;
  /** UTC ms of this run ↔ the line that never steps, by its present offset. */
  tickOf(at: number): number;
  atOf(tick: number): number;
  /** The last closed alarm of a rule on a point, if any: what a new one follows. */
  lastClosed(key: string): string | null;
  /** When that one was closed, UTC ms. */
  lastClosedAt(key: string): number | null;
  /** The response plan of that name, as it is at present. */
  plan(name: string): ResponsePlan | null;
}

/**
 * What an alarm that is raised or rises meets: what keeps it from people, and the incident that tells of it; null: it calls by
 * itself, left out: as before.
 */
export interface Around {
  readonly announced?: Announced | undefined;
  readonly incident?: string | null | undefined;
}

/** What an alarm says of the incident that tells of it from then on. */
export const inIncident = (
  incident: string | null | undefined,
  at: number,
): Pick<Alarm, 'incident' | 'incidentSince'> =>
  incident === undefined
    ? {}
    : incident === null
      ? { incident: undefined, incidentSince: undefined }
      : { incident, incidentSince: at };

/** Why an action was not taken. */
export interface Refused {
  readonly code: (typeof REFUSALS)[number];
  readonly message: string;
}

export const isRefused = (outcome: Step | Refused): outcome is Refused => 'code' in outcome;

/** Actions on the life of one alarm itself. */
type OwnAction = Extract<AlarmAction, { readonly kind: 'acknowledge' | 'note' | 'reset' }>;

export const isLevel = (answer: Finding['answer']): answer is Level =>
  answer !== 'normal' && answer !== 'not-evaluable' && answer !== 'not-in-force';

/** What the rules say of a point, taken into the life of its alarm. `alarm`: the one that is not closed, or null. */
export function stepFinding(
  alarm: Alarm | null,
  finding: Finding,
  context: LifecycleContext,
  around: Around = {},
): Step {
  const { answer } = finding;
  if (answer === 'not-evaluable') return NOTHING;
  if (!isLevel(answer)) return alarm?.condition === 'active' ? goBack(alarm, finding, context) : NOTHING;
  if (alarm === null) return raise(finding, answer, context.lastClosed(finding.watch.key), around, context);
  if (!isRaisedBy(alarm, finding)) return changeLevel(alarm, finding, answer, around, context);
  if (alarm.condition === 'active' || alarm.window?.date === finding.window?.date) {
    return raiseAgain(alarm, finding, answer, around, context);
  }
  const closed = close(alarm, finding.at, 'superseded', context);
  const raised = raise(finding, answer, alarm.id, around, context);
  return { alarms: [...closed.alarms, ...raised.alarms], events: [...closed.events, ...raised.events] };
}

/** Whether a finding raises an alarm, new or again: a cause that is back while a latched alarm waits for its reset does. */
export const isRaisedBy = (alarm: Alarm | null, { answer }: Pick<Finding, 'answer'>): boolean =>
  isLevel(answer) && (alarm === null || alarm.condition === 'normal' || alarm.causeGoneAt !== undefined);

/** What a person or an upstream asks of an alarm that is not closed. `null`: it is so already. */
export function stepAction(
  alarm: Alarm,
  action: OwnAction | ResponseAction,
  at: number,
  context: LifecycleContext,
): Step | Refused | null {
  const note = action.note ?? null;
  switch (action.kind) {
    case 'acknowledge': {
      if (alarm.acknowledged) return null;
      const seen = { ...alarm, acknowledged: true, acknowledgedAt: at, acknowledgedBy: action.by };
      const acknowledged = acknowledgedResponse(seen, at, context);
      const told = tell('acknowledged', acknowledged, at, context, { by: action.by, note });
      return alarm.condition === 'normal' && isAnswered(acknowledged)
        ? closeAfter(told, acknowledged, at, context)
        : told;
    }
    case 'note':
      return tell('noted', alarm, at, context, { by: action.by, note });
    case 'reset': {
      if (alarm.watch.latched !== true) return { code: 'wrong-step', message: 'the alarm is not latched' };
      if (alarm.condition === 'normal') return null;
      if (alarm.causeGoneAt === undefined) return { code: 'wrong-step', message: 'its cause still stands' };
      const told = { by: action.by, note, reason: 'reset', previousLevel: alarm.level };
      return backToNormal({ ...alarm, causeGoneAt: undefined }, at, told, context);
    }
    default: {
      const step = stepResponse(alarm, action, at, context);
      const after = step === null || isRefused(step) ? undefined : step.alarms.at(-1);
      if (step === null || isRefused(step) || after === undefined) return step;
      const isDone = after.condition === 'normal' && after.acknowledged && !isAnswered(alarm) && isAnswered(after);
      return isDone ? closeAfter(step, after, at, context) : step;
    }
  }
}

function raise(
  finding: Finding,
  level: Level,
  follows: string | null,
  { announced, incident }: Around,
  context: LifecycleContext,
): Step {
  const { at } = finding;
  const alarm: Alarm = {
    id: context.newId(at),
    condition: 'active',
    level,
    acknowledged: false,
    raisedAt: at,
    changedAt: at,
    returnedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    closedAt: null,
    ...measured(finding),
    window: finding.window,
    follows,
    activeTick: context.tickOf(at),
    ...(finding.watch.exercise === undefined ? {} : { exercise: finding.watch.exercise }),
    ...(announced === undefined ? {} : { announced }),
    ...(incident == null ? {} : inIncident(incident, at)),
  };
  return tell('raised', begun(alarm, at, context), at, context, { reason: finding.reason });
}

/** Back before it was closed: the same alarm, told as new, and to be acknowledged anew. */
function raiseAgain(
  alarm: Alarm,
  finding: Finding,
  level: Level,
  { announced, incident }: Around,
  context: LifecycleContext,
): Step {
  const { at } = finding;
  const again: Alarm = {
    ...alarm,
    announced,
    ...inIncident(incident, at),
    activeTick: context.tickOf(at),
    staleAt: undefined,
    causeGoneAt: undefined,
    condition: 'active',
    level,
    acknowledged: false,
    changedAt: at,
    returnedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    ...measured(finding),
  };
  return tell('raised', begun(again, at, context), at, context, { again: true, reason: finding.reason });
}

/** A level that rises takes the acknowledgement away; one that falls does not. */
function changeLevel(
  alarm: Alarm,
  finding: Finding,
  level: Level,
  { incident }: Around,
  context: LifecycleContext,
): Step {
  const isSame =
    level === alarm.level && finding.permit?.id === alarm.permit?.id && finding.permit?.status === alarm.permit?.status;
  if (isSame) return NOTHING;
  const rises = compareLevels(level, alarm.level) > 0;
  const changed: Alarm = {
    ...alarm,
    level,
    changedAt: finding.at,
    ...measured(finding),
    ...(rises ? { acknowledged: false, acknowledgedAt: null, acknowledgedBy: null } : {}),
    ...(rises ? inIncident(incident, finding.at) : {}),
  };
  const told = rises ? begun(changed, finding.at, context) : changed;
  return tell('level-changed', told, finding.at, context, { previousLevel: alarm.level, reason: finding.reason });
}

/** A latched one stays active: that its cause is gone is noted, and a person resets it. */
function goBack(alarm: Alarm, finding: Finding, context: LifecycleContext): Step {
  const { at, reason } = finding;
  const measuredNow = { ...alarm, ...measured(finding) };
  if (alarm.watch.latched !== true && finding.watch.latched !== true) {
    return backToNormal(measuredNow, at, { previousLevel: alarm.level, reason }, context);
  }
  if (alarm.causeGoneAt !== undefined) return NOTHING;
  return tell('noted', { ...measuredNow, causeGoneAt: at }, at, context, { reason: reason ?? 'cause-gone' });
}

function backToNormal(alarm: Alarm, at: number, said: Told, context: LifecycleContext): Step {
  const normal: Alarm = {
    ...alarm,
    condition: 'normal',
    level: null,
    returnedAt: at,
    ...(alarm.activeTick === undefined ? {} : { activeTick: undefined }),
    ...(alarm.staleAt === undefined ? {} : { staleAt: undefined }),
  };
  const told = tell('returned', normal, at, context, said);
  return alarm.acknowledged && isAnswered(normal) ? closeAfter(told, normal, at, context) : told;
}

/** Active for longer than an alarm is worth (ISA-18.2): noted once, at that time. */
export const turnStale = (alarm: Alarm, at: number, context: LifecycleContext): Step =>
  tell('noted', { ...alarm, staleAt: at }, at, context, { reason: 'stale' });

function close(alarm: Alarm, at: number, reason: string | null, context: LifecycleContext): Step {
  return tell('closed', { ...alarm, closedAt: at }, at, context, { reason });
}

/** Normal and acknowledged: closed at the time of the step that made it so. */
function closeAfter(told: Step, alarm: Alarm, at: number, context: LifecycleContext): Step {
  const closed = close(alarm, at, null, context);
  return { alarms: closed.alarms, events: [...told.events, ...closed.events] };
}

/** What a finding says of the alarm beside its level; the rule may be called otherwise now. */
const measured = (finding: Finding): Pick<Alarm, 'watch' | 'value' | 'limit' | 'coverage' | 'permit'> => ({
  watch: finding.watch,
  value: typeof finding.value === 'number' ? rounded(finding.value) : finding.value,
  limit: isLevel(finding.answer) ? finding.limit : null,
  coverage: finding.coverage === null ? null : rounded(finding.coverage),
  permit: finding.permit,
});
