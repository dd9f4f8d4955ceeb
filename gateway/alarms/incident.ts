import type { Trust } from '#kit/clock.ts';
import type { Level, Text } from '../rules/finding.ts';
import type { Alarm } from './alarm.ts';
import type { EntryDraft, ResponseTold } from './alarm-event.ts';

/** An alarm as an incident lists it. */
export interface Member {
  readonly alarm: string;
  /** `device/point/rule`, as its events say it. */
  readonly subject: string;
  readonly level: Level | null;
  readonly grid: string | null;
  /** UTC ms. */
  readonly at: number;
}

/** A flood of alarms, which people are told of as one (合并告警). */
export interface Incident {
  /** UUIDv7. */
  readonly id: string;
  readonly openedAt: number;
  /** The alarm that came first (首出): where to look for the cause. */
  readonly firstOut: Member;
  readonly count: number;
  /** The highest of its alarms so far. */
  readonly level: Level | null;
  /** The count that was told last. */
  readonly toldCount: number;
}

/** It lists so many of its alarms, those that came first; the others name it. */
export const MOST_LISTED = 100;

export const INCIDENT_TYPES = {
  opened: 'city.gengfu.incident.opened',
  changed: 'city.gengfu.incident.changed',
  closed: 'city.gengfu.incident.closed',
  /** All of its alarms that people were told of were seen. */
  acknowledged: 'city.gengfu.incident.acknowledged',
  /** It was not seen in time, or nobody was sent in time to one of its alarms: told to the next tier. */
  escalated: 'city.gengfu.incident.escalated',
} as const;

interface MemberTold extends Omit<Member, 'at'> {
  /** RFC 3339. */
  readonly at: string;
}

export interface IncidentData {
  readonly incident: string;
  readonly title: Text;
  /** The highest of its alarms so far; null once it is closed. */
  readonly level: Level | null;
  readonly previousLevel: Level | null;
  /** Of `changed`: `level` or `count`; of `closed`: `steady`. */
  readonly reason: string | null;
  /** The flood is over; its alarms may still wait to be seen. */
  readonly over: boolean;
  /** None of its alarms waits to be seen. */
  readonly acknowledged: boolean;
  /** Of `acknowledged`: who saw the last of them. */
  readonly by: string | null;
  /** By when it is to be acknowledged, and the tier that is called; null without a plan. */
  readonly response: ResponseTold | null;
  readonly openedAt: string;
  readonly firstOut: MemberTold;
  /** Of all its alarms. */
  readonly count: number;
  /** The first of them. */
  readonly alarms: readonly MemberTold[];
  readonly clock: Trust;
}

export const memberOf = ({ id, watch, level }: Alarm, at: number): Member => ({
  alarm: id,
  subject: `${watch.device}/${watch.point}/${watch.rule}`,
  level,
  grid: watch.place.grid,
  at,
});

/** What is said of it beside what it is. */
export type IncidentSaid = Partial<
  Pick<IncidentData, 'reason' | 'previousLevel' | 'over' | 'acknowledged' | 'by' | 'response'>
>;

export function tellIncident(
  step: keyof typeof INCIDENT_TYPES,
  incident: Incident,
  members: readonly Member[],
  at: number,
  said: IncidentSaid,
  context: { encodeTime(at: number): string; trust(): Trust },
): EntryDraft<IncidentData> {
  const told = (member: Member): MemberTold => ({ ...member, at: context.encodeTime(member.at) });
  const { id, level, count, firstOut } = incident;
  return {
    type: INCIDENT_TYPES[step],
    subject: `incident/${id}`,
    time: context.encodeTime(at),
    data: {
      incident: id,
      title: { zh: `合并告警:${count} 条`, en: `Incident of ${count} alarms` },
      level: step === 'closed' ? null : level,
      previousLevel: null,
      ...{ reason: null, over: false, acknowledged: false, by: null, response: null },
      ...said,
      openedAt: context.encodeTime(incident.openedAt),
      firstOut: told(firstOut),
      count,
      alarms: members.map(told),
      clock: context.trust(),
    },
  };
}
