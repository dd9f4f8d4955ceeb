import type { Alarm } from './alarm.ts';
import { ALARM_TYPE, type AlarmData, type AlarmEvent, type AlarmStep } from './alarm-event.ts';
import type { LifecycleContext } from './lifecycle.ts';
import { tellResponse } from './response.ts';
import type { Step } from './step.ts';

export const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** What an event says beside what its alarm is. */
export type Told = Partial<Pick<AlarmData, 'previousLevel' | 'again' | 'reason' | 'by' | 'note' | 'response'>>;

/** One step of its life, told: the alarm as it is after it, and the event. */
export function tell(step: AlarmStep, alarm: Alarm, at: number, context: LifecycleContext, more: Told): Step {
  const { watch, value, announced } = alarm;
  const isOver = alarm.level !== null && typeof value === 'number' && watch.legalLimit !== null;
  const data: AlarmData = {
    alarm: alarm.id,
    rule: watch.rule,
    device: watch.device,
    point: watch.point,
    quantity: watch.quantity,
    scene: watch.scene,
    level: alarm.level,
    previousLevel: more.previousLevel ?? null,
    condition: alarm.condition,
    acknowledged: alarm.acknowledged,
    again: more.again ?? false,
    reason: more.reason ?? null,
    exercise: alarm.exercise ?? null,
    value,
    limit: alarm.limit,
    legalLimit: watch.legalLimit,
    excess: isOver ? rounded(value - (watch.legalLimit ?? 0)) : null,
    unit: watch.unit,
    measure: watch.measure,
    coverage: alarm.coverage,
    window: alarm.window,
    permit: alarm.permit,
    basis: watch.basis,
    place: watch.place,
    title: watch.title,
    follows: alarm.follows,
    by: more.by ?? null,
    note: more.note ?? null,
    shelvedUntil: announced?.shelved == null ? null : context.encodeTime(announced.shelved.until),
    suppressedBy: announced?.suppressedBy ?? null,
    outOfService: announced?.outOfService?.owner ?? null,
    response: more.response ?? tellResponse(alarm, context),
    verdict: alarm.verdict ?? null,
    incident: alarm.incident ?? null,
    clock: context.trust(),
  };
  const event: AlarmEvent = {
    type: `${ALARM_TYPE}${step}`,
    subject: `${watch.device}/${watch.point}/${watch.rule}`,
    time: context.encodeTime(at),
    data,
  };
  return { alarms: [alarm], events: [event] };
}
