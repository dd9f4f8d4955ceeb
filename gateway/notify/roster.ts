import type { Zone } from '#kit/zone.ts';
import { openingAt } from './hours.ts';
import type { People, ResponseMode, Shift } from './people.ts';

/** What was done by hand about who is on duty: kept by the gateway's duty book. */
export interface DutyStanding {
  readonly mode: ResponseMode;
  /** Whom the last hand-over named, and when; they stay until another shift begins. */
  readonly handedOver: {
    readonly to: readonly string[];
    readonly at: number;
    /** The mode then: another mode that has a shift of its own calls that in. */
    readonly mode?: ResponseMode;
  } | null;
}

export const ROUTINE: DutyStanding = { mode: 'routine', handedOver: null };

/** Who is on duty at an instant. */
export interface OnDuty {
  /** Ids of contacts (值班员). */
  readonly duty: readonly string[];
  /** 带班领导. */
  readonly leader: readonly string[];
  /** The shifts that it comes from. */
  readonly shifts: readonly string[];
  /** Since when they are, and when a shift of theirs ends, UTC ms; null without a roster. */
  readonly since: number | null;
  readonly until: number | null;
  /** By a hand-over, or as the roster says. */
  readonly by: 'roster' | 'hand-over' | 'role';
}

const unique = (ids: readonly string[]): readonly string[] => [...new Set(ids)];

const withRole = ({ contacts }: People, role: string): readonly string[] =>
  contacts.filter(({ roles }) => roles.includes(role)).map(({ id }) => id);

const isOfMode = ({ modes }: Shift, mode: ResponseMode): boolean => modes === undefined || modes.includes(mode);

/** By the roster and what was handed over; where no shift stands, whoever has the role: never nobody by a gap of the roster. */
export function onDuty(people: People, zone: Zone, { mode, handedOver }: DutyStanding, at: number): OnDuty {
  const open = people.roster.flatMap((shift) => {
    const opening = isOfMode(shift, mode) ? openingAt(shift.when, zone, at) : null;
    return opening === null ? [] : [{ shift, opening }];
  });
  const rostered = unique(open.flatMap(({ shift }) => shift.duty));
  const leading = unique(open.flatMap(({ shift }) => shift.leader));
  const leader = leading.length > 0 ? leading : withRole(people, 'leader');
  const shifts = open.map(({ shift }) => shift.id);
  const since = open.length === 0 ? null : Math.max(...open.map(({ opening }) => opening.from));
  const until = open.length === 0 ? null : Math.min(...open.map(({ opening }) => opening.to));
  const known = handedOver?.to.filter((id) => people.contacts.some((contact) => contact.id === id)) ?? [];
  const isOfOther = handedOver?.mode !== undefined && handedOver.mode !== mode;
  const isCalledIn = isOfOther && open.some(({ shift }) => shift.modes !== undefined);
  if (handedOver !== null && known.length > 0 && !isCalledIn && (since === null || handedOver.at >= since)) {
    return { duty: known, leader, shifts, since: handedOver.at, until, by: 'hand-over' };
  }
  if (rostered.length > 0) return { duty: rostered, leader, shifts, since, until, by: 'roster' };
  return { duty: withRole(people, 'duty'), leader, shifts, since, until, by: 'role' };
}
