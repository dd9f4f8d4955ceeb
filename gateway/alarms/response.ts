import type { ResponseAction } from './action.ts';
import type { Alarm } from './alarm.ts';
import type { AlarmEvent, ResponseTold } from './alarm-event.ts';
import type { LifecycleContext, Refused, Step } from './lifecycle.ts';

/** Steps of a response that a plan gives times for. */
export const RESPONSE_STEPS = ['acknowledge', 'dispatch', 'accept', 'arrive', 'resolve', 'verify'] as const;
export type ResponseStep = (typeof RESPONSE_STEPS)[number];

/** A response that was begun on an alarm, as it is stored with it. */
export interface Response {
  readonly plan: string;
  /** The step that is waited for; null when all are done. */
  readonly waitsFor: ResponseStep | null;
  /** When it is due, on the tick line; null where nothing is. */
  readonly dueTick: number | null;
  /** The same on the wall clock, UTC ms, as it was told. */
  readonly dueAt: number | null;
  readonly to: string | null;
  /** The tier that is called now, from 1. */
  readonly tier: number;
}

/** What is told of it. */
export const tellResponse = (alarm: Alarm, context: LifecycleContext): ResponseTold | null => {
  const { response } = alarm;
  if (response === undefined) return null;
  const { plan, waitsFor, dueAt, to, tier } = response;
  return { plan, waitsFor, due: dueAt === null ? null : context.encodeTime(dueAt), to, tier, late: null };
};

/** A step that a person takes. `null`: it is so already. */
export function stepResponse(
  _alarm: Alarm,
  action: ResponseAction,
  _at: number,
  _context: LifecycleContext,
): Step | Refused | null {
  return { code: 'wrong-step', message: `no response was begun that ${action.kind} belongs to` };
}

/** The response of an alarm that was raised, or has risen: what its plan asks now. Called before it is told. */
export const begun = (alarm: Alarm, _at: number, _context: LifecycleContext): Alarm => alarm;

/** Whether people owe it nothing more, so that it may close when it is normal and acknowledged. */
export const isAnswered = (_alarm: Alarm): boolean => true;

/** When its next step is late, on the tick line; infinite where nothing is. */
export const dueOf = (alarm: Alarm): number => alarm.response?.dueTick ?? Number.POSITIVE_INFINITY;

/** Its step is late: told as `escalated`, at the time at which it was due. */
export const escalate = (_alarm: Alarm, _context: LifecycleContext): Step => ({
  alarms: [],
  events: [] as AlarmEvent[],
});
