import type { Level, Opening, PermitStatus, Watch } from '../rules/finding.ts';

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
}

/** The state's name in ISA-18.2 / IEC 62682. */
export type AlarmState = 'UNACK' | 'ACKED' | 'RTNUN' | 'NORM';

export const stateOf = (alarm: Pick<Alarm, 'condition' | 'acknowledged'>): AlarmState =>
  alarm.condition === 'active' ? (alarm.acknowledged ? 'ACKED' : 'UNACK') : alarm.acknowledged ? 'NORM' : 'RTNUN';
