import type { Level } from '../rules/finding.ts';
import type { MonthlyTest } from './monthly-test.ts';

export type Language = 'zh' | 'en';

/** 日常, then the four levels of emergency response (Ⅳ–Ⅰ级), the highest last. */
export const RESPONSE_MODES = ['routine', 'IV', 'III', 'II', 'I'] as const;
export type ResponseMode = (typeof RESPONSE_MODES)[number];

/** A part of the day, in minutes of the local day, of the days on which it opens. */
export interface Hours {
  readonly fromMinute: number;
  readonly toMinute: number;
  /** 1 Monday to 7 Sunday. */
  readonly weekdays?: readonly number[] | undefined;
  readonly dates?: readonly string[] | undefined;
  readonly except?: readonly string[] | undefined;
}

export interface Contact {
  readonly id: string;
  readonly name: string;
  readonly phone?: string | undefined;
  readonly email?: string | undefined;
  /** Who it is in the company of a robot. */
  readonly user?: string | undefined;
  /** Under which name he signs in here. */
  readonly account?: string | undefined;
  readonly roles: readonly string[];
  readonly grids: readonly string[];
  readonly devices: readonly string[];
  readonly language: Language;
  readonly quiet?: Hours | undefined;
  readonly channels?: readonly string[] | undefined;
}

export interface Team {
  readonly id: string;
  readonly name: string;
  readonly people: readonly string[];
}

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly channel: string;
  readonly language: Language;
}

export interface Shift {
  readonly id: string;
  readonly name?: string | undefined;
  readonly when: Hours;
  readonly duty: readonly string[];
  readonly leader: readonly string[];
  readonly modes?: readonly ResponseMode[] | undefined;
}

export interface Route {
  readonly quantity?: readonly string[] | undefined;
  readonly scene?: readonly string[] | undefined;
  readonly grid?: readonly string[] | undefined;
  readonly device?: readonly string[] | undefined;
  readonly rule?: readonly string[] | undefined;
  readonly level?: readonly Level[] | undefined;
  readonly during?: Hours | undefined;
  readonly modes?: readonly ResponseMode[] | undefined;
  /** Contacts, teams, groups, roles, `duty`, `leader`. */
  readonly to: readonly string[];
  readonly tiers?: readonly (readonly string[])[] | undefined;
  readonly channels?: readonly string[] | undefined;
  readonly remind?: { readonly to: readonly string[]; readonly within: number; readonly upTo: Level } | undefined;
}

/** Who is to be told, as a site's `people.yaml` says it. */
export interface People {
  readonly contacts: readonly Contact[];
  readonly teams: readonly Team[];
  readonly groups: readonly Group[];
  readonly roster: readonly Shift[];
  readonly modes: Readonly<Partial<Record<ResponseMode, { readonly times?: number | undefined } | undefined>>>;
  /** The first tier is called when an alarm is raised. */
  readonly escalation: readonly (readonly string[])[];
  readonly routes: readonly Route[];
  readonly channels: readonly string[];
  readonly urgentChannels?: readonly string[] | undefined;
  readonly tests?: readonly MonthlyTest[] | undefined;
  /** Where phones reach the gateway, and how long a link is good, ms. */
  readonly links?: { readonly url: string; readonly within: number } | undefined;
}

/** A site without `people.yaml`. */
export const NOBODY: People = {
  ...{ contacts: [], teams: [], groups: [], roster: [], modes: {}, escalation: [], routes: [], channels: [] },
};

/** `13812345678` → `138****5678`, as a group is shown it. */
export const maskedPhone = (phone: string): string =>
  phone.length < 8 ? '****' : `${phone.slice(0, -8)}****${phone.slice(-4)}`;

/** `李娜` → `李*`, `Li Na` → `L*`. */
export const maskedName = (name: string): string => `${[...name][0] ?? ''}*`;
