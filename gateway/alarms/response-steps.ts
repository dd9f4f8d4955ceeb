import type { ResponseAction } from './action.ts';
import type { Alarm } from './alarm.ts';
import type { LifecycleContext, Refused } from './lifecycle.ts';
import {
  movedOn,
  nextClocks,
  nextTier,
  planOf,
  type Response,
  type ResponseStage,
  startClock,
  tellResponse,
  waitedFor,
} from './response.ts';
import type { ResponsePlan, ResponseStep } from './response-plan.ts';
import type { Step } from './step.ts';
import { tell } from './tell.ts';

/** From which stages a step may be taken. Who arrives has accepted; what was dispatched may be resolved from afar. */
const TAKEN_FROM: Readonly<Record<'accept' | 'refuse' | 'arrive' | 'resolve', readonly ResponseStage[]>> = {
  accept: ['dispatched'],
  refuse: ['dispatched', 'accepted'],
  arrive: ['dispatched', 'accepted'],
  resolve: ['dispatched', 'accepted', 'refused', 'arrived'],
};
const LED_TO = { accept: 'accepted', refuse: 'refused', arrive: 'arrived', resolve: 'resolved' } as const;

const NONE: Step = { alarms: [], events: [] };

/** A step that a person takes (处置). `null`: it is so already. */
export function stepResponse(
  alarm: Alarm,
  action: ResponseAction,
  at: number,
  context: LifecycleContext,
): Step | Refused | null {
  const { response } = alarm;
  const { by, note = null } = action;
  switch (action.kind) {
    case 'verdict':
      if (alarm.verdict === action.verdict) return null;
      return tell('verdict', { ...alarm, verdict: action.verdict }, at, context, { by, note });
    case 'dispatch':
      return dispatch(alarm, action, at, context);
    case 'verify':
      return verify(alarm, action, at, context);
    case 'pause':
      return pause(alarm, action, at, context);
    case 'resume':
      if (response === undefined || response.paused === null) return null;
      return resume(alarm, response.paused.sinceTick, at, by, note, context);
    case 'accept':
    case 'refuse':
    case 'arrive':
    case 'resolve': {
      const stage = LED_TO[action.kind];
      if (response?.stage === stage) return null;
      if (response === undefined || !TAKEN_FROM[action.kind].includes(response.stage)) {
        return wrongStep(action.kind, response);
      }
      const to = stage === 'refused' ? null : response.to;
      const step: ResponseStep | null = action.kind === 'refuse' ? null : action.kind;
      const moved = moveTo(alarm, { ...response, stage, to }, step, at, context);
      return tell(stage, moved, at, context, { by, note: withEvidence(note, action) });
    }
    default:
      return action satisfies never;
  }
}

const wrongStep = (kind: string, response: Response | undefined): Refused => ({
  code: 'wrong-step',
  message:
    response === undefined || response.stage === 'waiting'
      ? `nobody was dispatched yet: ${kind} comes after dispatch`
      : `the response is ${response.stage}: ${kind} cannot be taken from there`,
});

/** A place and a picture stand behind the note, for an event has one text. */
function withEvidence(note: string | null, action: object): string | null {
  const at = 'at' in action && Array.isArray(action.at) ? `@${action.at.join(',')}` : null;
  const photo = 'photo' in action && typeof action.photo === 'string' ? `#${action.photo}` : null;
  const parts = [note, at, photo].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(' ');
}

/** The response at another stage, and the clock of what comes after it. */
function moveTo(
  alarm: Alarm,
  response: Response,
  step: ResponseStep | null,
  at: number,
  context: LifecycleContext,
  plan: ResponsePlan = planOf(alarm, context),
): Alarm {
  const seen = response.clocks.filter((clock) => clock.step === 'acknowledge');
  const clocks = [...seen, ...nextClocks(response, plan, at, context)];
  const done = step === null ? response.done : { ...response.done, [step]: at };
  return { ...alarm, response: { ...response, clocks, done } };
}

function dispatch(
  alarm: Alarm,
  { to, by, note }: Extract<ResponseAction, { readonly kind: 'dispatch' }>,
  at: number,
  context: LifecycleContext,
): Step | Refused | null {
  const plan = planOf(alarm, context);
  const { level } = alarm;
  const before =
    alarm.response ??
    (level === null
      ? undefined
      : ({
          plan: plan.id,
          level,
          stage: 'waiting',
          to: null,
          firstTier: 1,
          clocks: [],
          paused: null,
          done: {},
        } as const));
  if (before === undefined) return { code: 'wrong-step', message: 'it is normal again: nobody needs to be sent' };
  if (before.stage === 'dispatched' && before.to === to) return null;
  const isOver = before.stage === 'resolved' || before.stage === 'verified';
  if (isOver && alarm.condition === 'normal') return wrongStep('dispatch', before);
  const sent = moveTo(alarm, { ...before, stage: 'dispatched', to }, 'dispatch', at, context, plan);
  return tell('dispatched', sent, at, context, { by, note: note ?? null });
}

/** What somebody else has looked at (复核); what did not pass is to be resolved anew (返工). */
function verify(
  alarm: Alarm,
  { passed, by, note }: Extract<ResponseAction, { readonly kind: 'verify' }>,
  at: number,
  context: LifecycleContext,
): Step | Refused | null {
  const { response } = alarm;
  if (response?.stage === 'verified' && passed) return null;
  if (response?.stage !== 'resolved') return wrongStep('verify', response);
  const stage = passed ? 'verified' : response.done.arrive === undefined ? 'dispatched' : 'arrived';
  const moved = moveTo(alarm, { ...response, stage }, 'verify', at, context);
  const again = passed ? moved : resolveAnew(moved, at, context);
  return tell('verified', again, at, context, { by, note: note ?? null, reason: passed ? 'passed' : 'failed' });
}

/** Whoever was there need not arrive again. */
function resolveAnew(alarm: Alarm, at: number, context: LifecycleContext): Alarm {
  const { response } = alarm;
  if (response === undefined) return alarm;
  const seen = response.clocks.filter(({ step }) => step === 'acknowledge');
  const clocks = [...seen, startClock('resolve', response, planOf(alarm, context), at, context)];
  return { ...alarm, response: { ...response, clocks } };
}

/** The clock stands still (延期, 挂账): told as a note, with its reason. */
function pause(
  alarm: Alarm,
  { forMs, by, note }: Extract<ResponseAction, { readonly kind: 'pause' }>,
  at: number,
  context: LifecycleContext,
): Step | Refused {
  const { response } = alarm;
  if (response === undefined || waitedFor(alarm).length === 0) {
    return { code: 'wrong-step', message: 'nothing is waited for: there is no clock to stop' };
  }
  const { pauseAtMostMs } = planOf(alarm, context);
  if (forMs > pauseAtMostMs) {
    return {
      code: 'too-long',
      message: `the plan ${response.plan} allows a pause of ${pauseAtMostMs / 60_000} minutes`,
    };
  }
  const sinceTick = response.paused?.sinceTick ?? context.tickOf(at);
  const paused = { sinceTick, untilTick: context.tickOf(at + forMs), untilAt: at + forMs };
  return tell('noted', { ...alarm, response: { ...response, paused } }, at, context, { by, note, reason: 'paused' });
}

function resume(
  alarm: Alarm,
  sinceTick: number,
  at: number,
  by: string | null,
  note: string | null,
  context: LifecycleContext,
): Step {
  const { response } = alarm;
  if (response === undefined) return NONE;
  const clocks = movedOn(response.clocks, context.tickOf(at) - sinceTick);
  const going = { ...alarm, response: { ...response, clocks, paused: null } };
  return tell('noted', going, at, context, { by, note, reason: 'resumed' });
}

/** What is due by itself: the end of a pause, or a step that is late, told as `escalated` at the time at which it was due. */
export function escalate(alarm: Alarm, context: LifecycleContext): Step {
  const { response } = alarm;
  if (response === undefined) return NONE;
  if (response.paused !== null) {
    const { sinceTick, untilTick } = response.paused;
    return resume(alarm, sinceTick, context.atOf(untilTick), null, null, context);
  }
  const [late] = waitedFor(alarm);
  if (late === undefined || late.dueTick === null) return NONE;
  const at = context.atOf(late.dueTick);
  const next = nextTier(late, planOf(alarm, context));
  const clocks = response.clocks.map((clock) => (clock === late ? next : clock));
  const told = { ...alarm, response: { ...response, clocks } };
  return tell('escalated', told, at, context, { response: tellResponse(told, context, late.step) });
}
