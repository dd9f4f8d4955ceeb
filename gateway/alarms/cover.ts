import { isVital, type Watch } from '../rules/finding.ts';
import type { Alarm, Announced } from './alarm.ts';
import type { AlarmEvent, AlarmStep } from './alarm-event.ts';
import type { Chatter } from './chatter.ts';
import { inIncident, type LifecycleContext } from './lifecycle.ts';
import { begun, heardAgain } from './response.ts';
import type { Standing } from './standing.ts';
import { NOTHING, type Step } from './step.ts';
import type { Suppression } from './suppression.ts';
import { type Told, tell } from './tell.ts';

const OPEN: Announced = { shelved: null, suppressedBy: null, outOfService: null };

/** Who, and why, that people are called or not called for an alarm from now on. */
export type Why = Pick<Told, 'by' | 'note' | 'reason'>;

/** What keeps an alarm from people now, looked up; undefined: nothing. An alarm of smoke or gas is kept by nothing. */
export function coverOf(
  watch: Watch,
  standing: Standing,
  suppression: Suppression,
  chatter: Chatter,
): Announced | undefined {
  if (isVital(watch)) return undefined;
  const shelf = standing.shelf(watch.key);
  const service = standing.serviceOf(watch);
  const order = standing.orderOf(watch);
  const calmed = chatter.until(watch.key) === null ? null : 'chatter';
  const suppressedBy = suppression.by(watch) ?? (order === undefined ? calmed : `work-order:${order.order}`);
  if (shelf === undefined && service === undefined && suppressedBy === null) return undefined;
  return {
    shelved: shelf === undefined ? null : { until: shelf.until, once: shelf.once, by: shelf.by },
    suppressedBy,
    outOfService: service === undefined ? null : { owner: service.owner, until: service.end?.until ?? null },
  };
}

const isSame = (a: object | null, b: object | null): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * What keeps an alarm from people has changed: each part that is otherwise is told once, against what was announced last.
 * `cover`: what keeps it from them now; undefined: nothing. `incident`: the one that tells of it from now on; null: it calls by
 * itself, undefined: as before. An alarm that is heard again has its response run on.
 */
export function announce(
  alarm: Alarm,
  cover: Announced | undefined,
  at: number,
  why: Why,
  context: LifecycleContext,
  incident?: string | null,
): Step {
  const before = alarm.announced ?? OPEN;
  const after = cover ?? OPEN;
  const steps: AlarmStep[] = [];
  if (!isSame(before.shelved, after.shelved)) steps.push(after.shelved === null ? 'unshelved' : 'shelved');
  if (before.suppressedBy !== after.suppressedBy) {
    steps.push(after.suppressedBy === null ? 'unsuppressed' : 'suppressed');
  }
  if (!isSame(before.outOfService, after.outOfService)) {
    steps.push(after.outOfService === null ? 'in-service' : 'out-of-service');
  }
  if (steps.length === 0) return NOTHING;
  const covered: Alarm = { ...alarm, announced: cover, ...inIncident(incident, at) };
  const now = cover === undefined ? calledAgain(covered, at, context) : covered;
  const events: AlarmEvent[] = steps.flatMap((step) => tell(step, now, at, context, why).events);
  return { alarms: [now], events };
}

const calledAgain = (alarm: Alarm, at: number, context: LifecycleContext): Alarm =>
  alarm.response === undefined && alarm.condition === 'active'
    ? begun(alarm, at, context)
    : heardAgain(alarm, at, context);
