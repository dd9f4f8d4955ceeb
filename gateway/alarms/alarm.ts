import type { Level, Opening, PermitStatus, Watch } from '../rules/finding.ts';
import type { Verdict } from './action.ts';
import type { Response } from './response.ts';

/** One occurrence, from raised to closed. Few facts are stored; its ISA-18.2 state is computed from them. */
export interface Alarm {
  /** UUIDv7. */
  readonly id: string;
  readonly watch: Watch;
  readonly condition: 'active' | 'normal';
  /** Null once it is normal. */
  readonly level: Level | null;
  readonly acknowledged: boolean;
  /** UTC milliseconds. */
  readonly raisedAt: number;
  /** When the level was last entered. */
  readonly changedAt: number;
  readonly returnedAt: number | null;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly closedAt: number | null;
  readonly value: number | string | null;
  readonly limit: number | null;
  readonly coverage: number | null;
  readonly window: Opening | null;
  readonly permit: { readonly id: string; readonly status: PermitStatus } | null;
  /** The closed alarm that it comes after. */
  readonly follows: string | null;
  /** It is a drill's or a walk test's, and never mistaken for a real one; left out: it is real. */
  readonly exercise?: 'drill' | 'test' | undefined;
  /** What was last announced of it: shelved, suppressed, out of service. Looked up anew, never decided from here. */
  readonly announced?: Announced | undefined;
  /** The clock that runs on it, where its rule has a plan. */
  readonly response?: Response | undefined;
  readonly verdict?: Verdict | undefined;
  /** The incident that it was folded into (合并告警). */
  readonly incident?: string | undefined;
  /** Since when it waits to be seen as one of it, UTC ms. */
  readonly incidentSince?: number | undefined;
  /** Of a latched one that waits for its reset: when its cause was gone. */
  readonly causeGoneAt?: number | undefined;
  /** When it became active, on the tick line. */
  readonly activeTick?: number | undefined;
  /** Since when it has been active for too long. */
  readonly staleAt?: number | undefined;
}

/** Why nobody is called for an alarm that is active. Each is null where it does not apply. */
export interface Announced {
  /** Shelved until then, UTC ms; `once`: until it has returned. */
  readonly shelved: { readonly until: number; readonly once: boolean; readonly by: string } | null;
  /** By what: a rule's key, `work-order:NUMBER`, `chatter`. */
  readonly suppressedBy: string | null;
  readonly outOfService: { readonly owner: string; readonly until: number | null } | null;
}

/** The state's name in ISA-18.2 / IEC 62682. */
export type AlarmState = 'UNACK' | 'ACKED' | 'RTNUN' | 'NORM';

export const stateOf = (alarm: Pick<Alarm, 'condition' | 'acknowledged'>): AlarmState =>
  alarm.condition === 'active' ? (alarm.acknowledged ? 'ACKED' : 'UNACK') : alarm.acknowledged ? 'NORM' : 'RTNUN';
