import type { Trust } from '#kit/clock.ts';
import type { Level, Opening, PermitStatus, Place, Text } from '../rules/finding.ts';
import type { Verdict } from './action.ts';

/** The steps of an alarm's life that this gateway tells. */
export const ALARM_STEPS = [
  'raised',
  'level-changed',
  'acknowledged',
  'returned',
  'closed',
  'shelved',
  'unshelved',
  'suppressed',
  'unsuppressed',
  'out-of-service',
  'in-service',
  'dispatched',
  'accepted',
  'refused',
  'arrived',
  'resolved',
  'verified',
  'verdict',
  'escalated',
  'noted',
] as const;
export type AlarmStep = (typeof ALARM_STEPS)[number];

export const ALARM_TYPE = 'city.gengfu.alarm.';

/** What an event says of the response. */
export interface ResponseTold {
  readonly plan: string;
  /** The step that is waited for now (`acknowledge`, `dispatch`, `arrive` …); null when all are done. */
  readonly waitsFor: string | null;
  /** By when it is due, RFC 3339; null where nothing is. */
  readonly due: string | null;
  /** To whom it was dispatched. */
  readonly to: string | null;
  /** The tier that is called now, from 1. */
  readonly tier: number;
  /** Of `escalated`: the step that is late. */
  readonly late: string | null;
}

/** The body of an alarm event. Fields that do not apply are null, never missing. */
export interface AlarmData {
  /** UUIDv7 of the alarm. */
  readonly alarm: string;
  readonly rule: string;
  readonly device: string;
  readonly point: string;
  readonly quantity: string;
  readonly scene: string | null;
  /** The level now; null on returned and closed. */
  readonly level: Level | null;
  readonly previousLevel: Level | null;
  readonly condition: 'active' | 'normal';
  readonly acknowledged: boolean;
  /** Raised again before it was closed. */
  readonly again: boolean;
  readonly reason: string | null;
  readonly exercise: 'drill' | 'test' | null;
  readonly value: number | string | null;
  readonly limit: number | null;
  readonly legalLimit: number | null;
  /** Value less the legal limit. */
  readonly excess: number | null;
  readonly unit: string | null;
  readonly measure: string | null;
  readonly coverage: number | null;
  readonly window: Opening | null;
  readonly permit: { readonly id: string; readonly status: PermitStatus } | null;
  readonly basis: string | null;
  readonly place: Place;
  readonly title: Text;
  /** The closed alarm of the same rule and point that this one comes after. */
  readonly follows: string | null;
  readonly by: string | null;
  readonly note: string | null;
  /** Shelved until then, RFC 3339. */
  readonly shelvedUntil: string | null;
  readonly suppressedBy: string | null;
  /** Who owns its being out of service. */
  readonly outOfService: string | null;
  /** Where its response stands; null without one. */
  readonly response: ResponseTold | null;
  readonly verdict: Verdict | null;
  readonly incident: string | null;
  readonly clock: Trust;
}

/**
 * An entry of the log before the ledger has given it its number: CloudEvents 1.0 without
 * `id`, `source`, `sequence` and `data.chain`.
 */
export interface EntryDraft<Data extends object = object> {
  /** `city.gengfu.alarm.raised`, `city.gengfu.site.changed` … */
  readonly type: string;
  readonly subject: string;
  /** RFC 3339 with milliseconds and the site's offset. */
  readonly time: string;
  readonly data: Data;
}

export type AlarmEvent = EntryDraft<AlarmData>;
