import type { Place } from './finding.ts';
import type { Selector, WhileRule } from './rule.ts';
import type { Statistic } from './statistics.ts';

/** How a point's values come of another one's. */
export interface Derived {
  /** Key of the point whose good readings are gathered. */
  readonly from: string;
  /** Milliseconds that divide a day, or a window of the site by name. */
  readonly per: number | string;
  /** `valid`: the share of the period that samples fill, in per cent; `ldn`: of the night's and its day's. */
  readonly value: Statistic | 'valid' | 'ldn';
  /** Share of the period below which a value is uncertain, 0 to 1. */
  readonly coverage: number;
  /** When the source's readings count. */
  readonly while?: WhileRule | undefined;
}

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
  /** Its device's link; empty or left out for what has none. */
  readonly link?: string | undefined;
  /** What the site's register has beside the device: `kitchen: medium`. */
  readonly register?: Readonly<Record<string, string>> | undefined;
  /** Left out for what is measured. */
  readonly derived?: Derived | undefined;
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
  Object.entries(on.register ?? {}).every(([name, wanted]) => named(wanted, point.register?.[name] ?? null)) &&
  (on.tag === undefined || point.tags.some((tag) => named(on.tag, tag)));
