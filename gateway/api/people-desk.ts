import type { Level, Text } from '../rules/finding.ts';

/** Somebody who may be called or sent, as the console shows him: no number whole, no address. */
export interface ContactView {
  readonly id: string;
  readonly name: string;
  /** `138****5678`; null: he has none. */
  readonly phone: string | null;
  readonly roles: readonly string[];
  readonly grids: readonly string[];
  readonly devices: readonly string[];
  /** He signs in here; who does not gets a one-time link. */
  readonly hasAccount: boolean;
}

/** A unit that is sent: the drainage crew, the night patrol. */
export interface TeamView {
  readonly id: string;
  readonly name: string;
  /** Ids of contacts. */
  readonly people: readonly string[];
}

/** Who may be sent and called, by which ways. */
export interface PeopleView {
  readonly contacts: readonly ContactView[];
  readonly teams: readonly TeamView[];
  /** The channels of the site; `kind`: `sms`, `voice`, `dingtalk` … */
  readonly channels: readonly { readonly id: string; readonly kind: string }[];
}

/** How long people have for each step, from the step before it, ms by level; of a level that is left out there is no time. */
export interface PlanView {
  readonly id: string;
  readonly title: Text;
  readonly steps: Readonly<Record<string, Readonly<Partial<Record<Level, number>>>>>;
  readonly escalate: { readonly everyMs: number; readonly tiers: number };
}

/** A limit of a rule, as it stands in the site: `{ above: 55 }`, `{ is: [alarm] }`. */
export type LimitView = Readonly<Record<string, unknown>>;

/** What a rule judges by, so that one can say how far it is to the next level. */
export interface RuleView {
  readonly id: string;
  readonly title: Text;
  readonly kind: string;
  readonly basis: string | null;
  /** `value`, `leq`, `rate` …; null for kinds without one. */
  readonly measure: string | null;
  readonly levels: Readonly<Partial<Record<Level, LimitView>>>;
  /** The response plan. */
  readonly respond: string | null;
}
