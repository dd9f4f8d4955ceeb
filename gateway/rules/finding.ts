/** The four warning colours, lowest first. */
export const LEVELS = ['blue', 'yellow', 'orange', 'red'] as const;
export type Level = (typeof LEVELS)[number];

/** Negative, zero or positive as `a` is lower than, equal to or higher than `b`; no level is the lowest. */
export const compareLevels = (a: Level | null, b: Level | null): number =>
  (a === null ? -1 : LEVELS.indexOf(a)) - (b === null ? -1 : LEVELS.indexOf(b));

export interface Text {
  readonly zh: string;
  readonly en: string;
}

export interface Place {
  readonly grid: string | null;
  /** Longitude, latitude in WGS 84 (CGCS2000). */
  readonly at: readonly [number, number] | null;
}

/** An opening of a named window: a night belongs to the date on which it began. */
export interface Opening {
  readonly name: string;
  /** `YYYY-MM-DD` in the site's zone. */
  readonly date: string;
}

export type PermitStatus = 'applied' | 'granted' | 'refused' | 'revoked' | 'withdrawn' | 'expired';

/** One rule on one point: what never changes from finding to finding, so that each can point to it. */
export interface Watch {
  /** `rule@device/point`: the key of its alarm. */
  readonly key: string;
  readonly rule: string;
  readonly device: string;
  readonly deviceName: string;
  readonly point: string;
  readonly quantity: string;
  readonly unit: string | null;
  readonly scene: string | null;
  readonly place: Place;
  readonly title: Text;
  readonly basis: string | null;
  readonly legalLimit: number | null;
  /** The kind of permit that changes what is said of it (`night-work`), if one does. */
  readonly permitKind: string | null;
  /** As a person reads it: `leq 20min`. */
  readonly measure: string;
  /** The link of its device, for what a link that is down suppresses; left out for what has none. */
  readonly link?: string | undefined;
  /** Of a drill or a walk test, whose alarms are their own and never mistaken for real ones; left out: it is real. */
  readonly exercise?: 'drill' | 'test' | undefined;
  /** The response plan. */
  readonly respond?: string | undefined;
  /** Stays active until a person resets it. */
  readonly latched?: boolean | undefined;
  /** Rules whose active alarm on the same device, on its link or on the gateway suppresses this one. */
  readonly suppressedBy?: readonly string[] | undefined;
  /** It tells of smoke or gas: nothing keeps it from people. Left out of what is on other quantities. */
  readonly vital?: boolean | undefined;
}

/** Quantities whose state `alarm` is a matter of minutes to people nearby: smoke (RULES.md, section 5), and gas, which explodes. */
export const VITAL_QUANTITIES: ReadonlySet<string> = new Set(['smoke.state', 'gas.state']);

/** An alarm of smoke or gas is never shelved, suppressed, calmed or folded, and calls people also while its device is out of service. */
export const isVital = ({ vital, quantity }: Pick<Watch, 'vital' | 'quantity'>): boolean =>
  // What was stored before this was said is taken for one.
  vital ?? VITAL_QUANTITIES.has(quantity);

/** What a rule answers of a point. */
export type Answer = Level | 'normal' | 'not-evaluable' | 'not-in-force';

/** What a rule says of a point from `at` on: a level, not an edge. Given when any of it changes. */
export interface Finding {
  readonly watch: Watch;
  /** UTC milliseconds. */
  readonly at: number;
  readonly answer: Answer;
  /** Why it is not evaluable (`filling`, `coverage`, `clock`, `calibration` …). */
  readonly code: string | null;
  /** Why, where it is not the value: what ended it (`window-closed`, `not-in-force`, `clock-step`), or what the gateway's own rules name. */
  readonly reason: string | null;
  /** The measure, or the state's name; null for silence. */
  readonly value: number | string | null;
  /** The limit of the level that is answered. */
  readonly limit: number | null;
  /** Share of the window that good readings fill, 0 to 1; null without a window. */
  readonly coverage: number | null;
  readonly window: Opening | null;
  readonly permit: { readonly id: string; readonly status: PermitStatus } | null;
}
