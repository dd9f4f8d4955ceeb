import type { Alarm } from '../alarms/alarm.ts';
import type { Call } from './call.ts';
import type { Contact } from './people.ts';

/** Words by which a person says that a message was seen; a number before or after names which one. */
const SEEN = /^(?:收到|确认|已确认|知道了?|好的?|ok|okay|ack|yes|y|1|r)$/i;
const NUMBERED = /^(?:(?:收到|确认|已确认|ok|ack)\s*)?(\d{2,12})(?:\s*(?:收到|确认|已确认|ok|ack))?$/i;

/** How a message asks to be answered: by the number of its entry, in two digits at least; what is not on disk yet has a number of its own, behind two zeros. */
export const replyCode = (sequence: number): string =>
  sequence < 0 ? `00${String(-sequence).padStart(2, '0')}` : String(sequence).padStart(2, '0');

/**
 * Which of the calls that a person was sent a reply is about: the one whose number it names; else, when it only says that
 * something was seen, the last one. Null when it says neither, or names none of them.
 */
export function repliedTo<C extends Pick<Call, 'sequence' | 'sentAt'>>(text: string, sent: readonly C[]): C | null {
  const said = text
    .normalize('NFKC')
    .trim()
    .replace(/[.!。!]+$/u, '');
  const [, code] = NUMBERED.exec(said) ?? [];
  if (code !== undefined) return sent.find(({ sequence }) => replyCode(sequence) === code) ?? null;
  if (!SEEN.test(said)) return null;
  return sent.toSorted((a, b) => (b.sentAt ?? 0) - (a.sentAt ?? 0) || b.sequence - a.sequence)[0] ?? null;
}

/** Whoever was asked to put it right himself, and a family, are told and may answer; that it was seen by those in charge they cannot say. */
export const mayAcknowledge = (call: Pick<Call, 'step'>, { roles }: Pick<Contact, 'roles'>): boolean =>
  call.step !== 'reminder' && !roles.some((role) => role === 'manager' || role === 'family');

/**
 * Ids of the alarms that somebody has seen who says so of a call: its own, or those of an incident that stood when he was
 * told of it and nobody has seen yet. `now`: UTC ms.
 */
export function seenBy(
  call: Pick<Call, 'step' | 'alarm' | 'sentAt'>,
  open: Iterable<Pick<Alarm, 'id' | 'incident' | 'acknowledged' | 'raisedAt'>>,
  now: number,
): readonly string[] {
  if (!call.step.startsWith('incident-')) return [call.alarm];
  const isOfIt = ({ incident, acknowledged, raisedAt }: Pick<Alarm, 'incident' | 'acknowledged' | 'raisedAt'>) =>
    incident === call.alarm && !acknowledged && raisedAt <= (call.sentAt ?? now);
  return [...open].filter(isOfIt).map(({ id }) => id);
}
