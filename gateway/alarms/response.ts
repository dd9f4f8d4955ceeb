import { compareLevels, type Level } from '../rules/finding.ts';
import type { Alarm } from './alarm.ts';
import type { ResponseTold } from './alarm-event.ts';
import type { LifecycleContext } from './lifecycle.ts';
import { NO_PLAN, type ResponsePlan, type ResponseStep } from './response-plan.ts';

/** How far people have come with it. `waiting`: nobody was sent yet. */
export const RESPONSE_STAGES = [
  'waiting',
  'dispatched',
  'accepted',
  'refused',
  'arrived',
  'resolved',
  'verified',
] as const;
export type ResponseStage = (typeof RESPONSE_STAGES)[number];

/** A step that is waited for, and when it is late. */
export interface StepClock {
  readonly step: ResponseStep;
  /** On the tick line; null: it has no time, or every tier was told. */
  readonly dueTick: number | null;
  /** The same on the wall clock, UTC ms. */
  readonly dueAt: number | null;
  /** The tier that is called for it, from 1. */
  readonly tier: number;
}

/** What people owe an alarm, and what they have done: stored with it. */
export interface Response {
  readonly plan: string;
  /** The highest level since it was begun: its times go by that one. */
  readonly level: Level;
  readonly stage: ResponseStage;
  /** To whom it was dispatched. */
  readonly to: string | null;
  /** The tier that each step begins with. */
  readonly firstTier: number;
  /** Acknowledging, and the step that comes next. */
  readonly clocks: readonly StepClock[];
  /** Its clock stands still since then, and until then. */
  readonly paused: { readonly sinceTick: number; readonly untilTick: number; readonly untilAt: number } | null;
  /** When each step was last done, UTC ms. */
  readonly done: Readonly<Partial<Record<ResponseStep, number>>>;
}

export const planOf = (alarm: Alarm, context: LifecycleContext): ResponsePlan =>
  (alarm.watch.respond === undefined ? null : context.plan(alarm.watch.respond)) ?? NO_PLAN;

/** The step after a stage, by a plan; null: people owe nothing more. What was dispatched is to be resolved by any plan. */
export function stepAfter(stage: ResponseStage, plan: ResponsePlan): ResponseStep | null {
  const { steps } = plan;
  switch (stage) {
    case 'waiting':
      return steps.dispatch === undefined ? null : 'dispatch';
    case 'refused':
      return 'dispatch';
    case 'dispatched':
      return steps.accept !== undefined ? 'accept' : steps.arrive !== undefined ? 'arrive' : 'resolve';
    case 'accepted':
      return steps.arrive === undefined ? 'resolve' : 'arrive';
    case 'arrived':
      return 'resolve';
    case 'resolved':
      return steps.verify === undefined ? null : 'verify';
    case 'verified':
      return null;
    default:
      return stage satisfies never;
  }
}

/** A step is waited for from `at` on. */
export function startClock(
  step: ResponseStep,
  { level, firstTier }: Pick<Response, 'level' | 'firstTier'>,
  plan: ResponsePlan,
  at: number,
  context: Pick<LifecycleContext, 'tickOf'>,
): StepClock {
  const ms = plan.steps[step]?.[level];
  if (ms === undefined) return { step, dueTick: null, dueAt: null, tier: firstTier };
  return { step, dueTick: context.tickOf(at + ms), dueAt: at + ms, tier: firstTier };
}

/** The clock of the step that comes next, where one does. */
export function nextClocks(
  response: Response,
  plan: ResponsePlan,
  at: number,
  context: LifecycleContext,
): readonly StepClock[] {
  const next = stepAfter(response.stage, plan);
  return next === null ? [] : [startClock(next, response, plan, at, context)];
}

const isOver = ({ stage }: Response): boolean => stage === 'resolved' || stage === 'verified';

/**
 * The response of an alarm that was raised, has come back, or has risen: acknowledging begins anew, and what was resolved
 * begins from its first step. Called before it is told.
 */
export function begun(alarm: Alarm, at: number, context: LifecycleContext): Alarm {
  const { level, response: before } = alarm;
  if (level === null) return alarm;
  const plan = planOf(alarm, context);
  if (plan === NO_PLAN && (before === undefined || isOver(before))) return { ...alarm, response: undefined };
  const isAfresh = before === undefined || isOver(before);
  const response: Response = {
    plan: plan.id,
    level: isAfresh || compareLevels(level, before.level) > 0 ? level : before.level,
    stage: isAfresh ? 'waiting' : before.stage,
    to: isAfresh ? null : before.to,
    firstTier: before?.firstTier ?? firstTierOf(alarm, plan, at, context),
    clocks: [],
    paused: isAfresh ? null : before.paused,
    done: isAfresh ? {} : before.done,
  };
  const running = isAfresh ? undefined : before.clocks.find(({ step }) => step !== 'acknowledge');
  const isAsked = plan.steps.acknowledge !== undefined;
  const main =
    running === undefined ? undefined : sooner(running, startClock(running.step, response, plan, at, context));
  const clocks = [
    ...(isAsked ? [startClock('acknowledge', response, plan, at, context)] : []),
    // Whom to send is asked once somebody has seen it.
    ...(main !== undefined ? [main] : isAsked ? [] : nextClocks(response, plan, at, context)),
  ];
  return { ...alarm, response: { ...response, clocks } };
}

/** A step that runs already is due no later for a level that rises. */
function sooner(running: StepClock, anew: StepClock): StepClock {
  if (anew.dueTick === null || running.tier > anew.tier) return running;
  return running.dueTick !== null && running.dueTick <= anew.dueTick ? running : anew;
}

/** What follows another alarm too soon has been dealt with badly, or not at all. */
function firstTierOf(alarm: Alarm, plan: ResponsePlan, at: number, context: LifecycleContext): number {
  const closedAt = alarm.follows === null ? null : context.lastClosedAt(alarm.watch.key);
  return closedAt !== null && at - closedAt <= plan.followsWithinMs ? Math.min(2, plan.escalate.tiers) : 1;
}

/** Somebody has seen it: the next step is waited for from now on. */
export function acknowledgedResponse(alarm: Alarm, at: number, context: LifecycleContext): Alarm {
  const { response } = alarm;
  if (response === undefined) return alarm;
  const rest = response.clocks.filter(({ step }) => step !== 'acknowledge');
  const clocks = rest.length > 0 ? rest : nextClocks(response, planOf(alarm, context), at, context);
  return { ...alarm, response: { ...response, clocks, done: { ...response.done, acknowledge: at } } };
}

/** Whether people owe it nothing more, so that it may close when it is normal and acknowledged. */
export function isAnswered({ response }: Alarm): boolean {
  if (response === undefined || response.stage === 'waiting') return true;
  return isOver(response) && response.clocks.every(({ step }) => step === 'acknowledge');
}

/** A step that is late is told to the next tier, and again, up to the last. */
export function nextTier(late: StepClock, { escalate: { everyMs, tiers } }: Pick<ResponsePlan, 'escalate'>): StepClock {
  const tier = Math.min(late.tier + 1, Math.max(tiers, late.tier));
  const isLast = tier >= tiers;
  return {
    ...late,
    tier,
    dueTick: isLast || late.dueTick === null ? null : late.dueTick + everyMs,
    dueAt: isLast || late.dueAt === null ? null : late.dueAt + everyMs,
  };
}

/** What is waited for, the nearest first. Nobody needs to be sent once it is normal again. */
export function waitedFor({ response, condition }: Pick<Alarm, 'response' | 'condition'>): readonly StepClock[] {
  if (response === undefined) return [];
  const isVain = ({ step }: StepClock) => step === 'dispatch' && condition === 'normal' && response.stage === 'waiting';
  return response.clocks.filter((clock) => !isVain(clock)).toSorted((a, b) => tickOf(a) - tickOf(b) || 0);
}

const tickOf = ({ dueTick }: StepClock): number => dueTick ?? Number.MAX_SAFE_INTEGER;

/** Nobody is called for it: its clocks do not make people late. */
export const isSilenced = ({ announced }: Pick<Alarm, 'announced'>): boolean =>
  announced !== undefined &&
  (announced.shelved !== null || announced.suppressedBy !== null || announced.outOfService !== null);

/** When its next step is late or its pause ends, on the tick line; infinite where nothing is. */
export function dueOf(alarm: Alarm): number {
  const { response } = alarm;
  if (response === undefined) return Number.POSITIVE_INFINITY;
  if (response.paused !== null) return response.paused.untilTick;
  return isSilenced(alarm) ? Number.POSITIVE_INFINITY : (waitedFor(alarm)[0]?.dueTick ?? Number.POSITIVE_INFINITY);
}

/** Its clocks as they were, moved on by the time that does not count. */
export const movedOn = (clocks: readonly StepClock[], ms: number): readonly StepClock[] =>
  clocks.map((clock) => ({
    ...clock,
    dueTick: clock.dueTick === null ? null : clock.dueTick + ms,
    dueAt: clock.dueAt === null ? null : clock.dueAt + ms,
  }));

/** People are called for it again after it was shelved, suppressed or out of service: what became late meanwhile begins anew. */
export function heardAgain(alarm: Alarm, at: number, context: LifecycleContext): Alarm {
  const { response } = alarm;
  if (response === undefined || isSilenced(alarm)) return alarm;
  const tick = context.tickOf(at);
  const clocks = response.clocks.map((clock) =>
    clock.dueTick !== null && clock.dueTick <= tick
      ? startClock(clock.step, response, planOf(alarm, context), at, context)
      : clock,
  );
  return { ...alarm, response: { ...response, clocks } };
}

/** An alarm whose stored ticks are moved to the line of another run; `raisedTick`: on that line, where none is stored. */
export function shiftAlarm(alarm: Alarm, shift: number, raisedTick: number): Alarm {
  const { response, condition, activeTick = raisedTick - shift } = alarm;
  return {
    ...alarm,
    ...(condition === 'active' ? { activeTick: activeTick + shift } : {}),
    ...(response === undefined ? {} : { response: shiftResponse(response, shift) }),
  };
}

function shiftResponse({ paused, ...response }: Response, shift: number): Response {
  const clocks = response.clocks.map((clock) => ({
    ...clock,
    dueTick: clock.dueTick === null ? null : clock.dueTick + shift,
  }));
  const moved = paused && { ...paused, sinceTick: paused.sinceTick + shift, untilTick: paused.untilTick + shift };
  return { ...response, clocks, paused: moved };
}

/** What is told of it. */
export function tellResponse(
  alarm: Alarm,
  context: LifecycleContext,
  late: ResponseStep | null = null,
): ResponseTold | null {
  const { response } = alarm;
  if (response === undefined) return null;
  const [next] = alarm.closedAt === null ? waitedFor(alarm) : [];
  const dueAt = response.paused === null ? (next?.dueAt ?? null) : null;
  return {
    plan: response.plan,
    waitsFor: next?.step ?? null,
    due: dueAt === null ? null : context.encodeTime(dueAt),
    to: response.to,
    tier: Math.max(response.firstTier, ...response.clocks.map(({ tier }) => tier)),
    late,
  };
}
