import type { Place } from './finding.ts';
import type { Selector } from './rule.ts';

/** A point as rules know it. */
export interface RulePoint {
  /** `device/point`. */
  readonly key: string;
  readonly device: string;
  readonly deviceName: string;
  readonly id: string;
  readonly quantity: string;
  readonly unit: string | null;
  /** Its period, ms: what three of count as a gap, and what coverage is reckoned with. */
  readonly everyMs: number;
  readonly scene: string | null;
  readonly tags: readonly string[];
  readonly place: Place;
  /** Last day of its device's certificate, `YYYY-MM-DD`, if it has one. */
  readonly validUntil: string | null;
}

const named = (wanted: string | readonly string[] | undefined, value: string | null): boolean =>
  wanted === undefined || (value !== null && (typeof wanted === 'string' ? wanted === value : wanted.includes(value)));

/** Whether a point is one of those that a rule or a permit is on. */
export const selects = (on: Selector, point: RulePoint): boolean =>
  named(on.quantity, point.quantity) &&
  named(on.scene, point.scene) &&
  named(on.device, point.device) &&
  named(on.point, point.id) &&
  named(on.grid, point.place.grid) &&
  (on.tag === undefined || point.tags.some((tag) => named(on.tag, tag)));
