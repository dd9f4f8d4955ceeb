import type { Alarm } from '../alarms/alarm.ts';
import { isSilenced } from '../alarms/response.ts';
import type { Call } from './call.ts';

/** What is told when all is over is of use for so long. */
const NEWS_MS = 3_600_000;

type Now = Pick<Alarm, 'acknowledged' | 'condition' | 'announced' | 'response'>;

/**
 * Whether the present state of an alarm still asks for a call that waits; one that it does not lapses. `alarm`: null where
 * it is closed. What was begun by the alarm's being raised or by its rising is over when it is acknowledged. `isUnseen`: of
 * an incident, that some of its alarms wait to be seen.
 */
export function isNeeded(
  call: Pick<Call, 'step' | 'wantedAt'>,
  alarm: Now | null,
  now: number,
  isUnseen: () => boolean = () => false,
): boolean {
  const [step] = call.step.split(':');
  const isNews = now - call.wantedAt < NEWS_MS;
  if (step === 'returned') return isNews;
  if (step?.startsWith('incident-') === true) {
    // That it is over, and that nobody was sent, is told also when all was seen.
    const isOfUse = step === 'incident-closed' || call.step.endsWith(':dispatch');
    return isUnseen() || (isOfUse && isNews);
  }
  if (alarm === null) return false;
  const { acknowledged, response } = alarm;
  if (isSilenced(alarm)) return false;
  // Whoever was reminded has put it right himself.
  if (call.step.endsWith(':unheeded') && alarm.condition === 'normal') return false;
  switch (step) {
    case 'raised':
    case 'risen':
    case 'reminder':
    case 'unreached':
      return !acknowledged;
    case 'escalated':
      return !acknowledged || (response?.clocks ?? []).length > 0;
    case 'dispatched':
    case 'rework':
      return response !== undefined && response.to === call.step.slice(step.length + 1) && !isThere(response.stage);
    default:
      return true;
  }
}

const isThere = (stage: NonNullable<Alarm['response']>['stage']): boolean =>
  stage === 'arrived' || stage === 'verified' || stage === 'refused';
