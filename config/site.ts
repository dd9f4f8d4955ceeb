import type { SiteAlarms } from './alarm-settings.ts';
import type { Asset } from './asset.ts';
import type { SiteBroker } from './broker.ts';
import type { SiteCard } from './cards.ts';
import type { DerivedValue, PermitShape, RuleShape, WhileShape } from './kinds.ts';
import type { SitePeople } from './people.ts';
import type { SitePlan } from './plans.ts';

/** A named part of the day: `22:00-06:00`, in minutes of the local day; `to` before `from` crosses midnight. */
export interface NamedWindow {
  readonly name: string;
  readonly fromMinute: number;
  readonly toMinute: number;
  /** 1 Monday to 7 Sunday, of the day on which it opens. */
  readonly weekdays?: readonly number[] | undefined;
  /** `YYYY-MM-DD`: only these dates. */
  readonly dates?: readonly string[] | undefined;
  /** `YYYY-MM-DD`: not these. */
  readonly except?: readonly string[] | undefined;
}

/** See `Derived` of gateway/rules/point.ts. */
export interface SiteDerived {
  readonly from: string;
  readonly per: number | string;
  readonly value: DerivedValue;
  readonly coverage: number;
  readonly while?: WhileShape | undefined;
}

/** One measured quantity of one device, with all that drivers, rules and people need of it. */
export interface SitePoint {
  /** `device/point`. */
  readonly key: string;
  readonly device: string;
  readonly deviceName: string;
  readonly id: string;
  readonly quantity: string;
  /** The quantity's unit; null for states and quantities without one. */
  readonly unit: string | null;
  readonly everyMs: number;
  /** Empty for a point of the gateway itself. */
  readonly link: string;
  readonly scene: string | null;
  readonly tags: readonly string[];
  readonly place: { readonly grid: string | null; readonly at: readonly [number, number] | null };
  /** Last day of the certificate, `YYYY-MM-DD`. */
  readonly validUntil: string | null;
  /** What the site's register has beside its device. */
  readonly register?: Readonly<Record<string, string>> | undefined;
  /** How its values come of another point's; left out for what is measured. */
  readonly derived?: SiteDerived | undefined;
  /** The driver's own fields (`register`, `json`). */
  readonly source: unknown;
  readonly convert: { readonly factor: number; readonly offset: number };
  /** Code of a unit, where the device itself says in which it measures → conversion from it to the point's own. */
  readonly units?: Readonly<Record<string, { readonly factor: number; readonly offset: number }>> | undefined;
  readonly range?: readonly [number, number] | undefined;
  readonly invalid?: readonly number[] | undefined;
  readonly states?: Readonly<Record<string, string>> | undefined;
}

export interface SiteDevice {
  readonly id: string;
  readonly name: string;
  readonly link: string;
  readonly protocol: string;
  /** The id of its profile. */
  readonly model: string;
  /** The driver's own fields of the device. */
  readonly options: unknown;
  /** The driver's own fields of the profile. */
  readonly profile: unknown;
  readonly scene: string | null;
  readonly place: SitePoint['place'];
  /** What the register says of it. */
  readonly asset: Asset | null;
  readonly points: readonly SitePoint[];
}

export interface SiteLink {
  readonly id: string;
  readonly kind: string;
  readonly protocol: string;
  readonly options: unknown;
  readonly devices: readonly SiteDevice[];
}

/** `host:port`, taken apart. */
export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** What the gateway may switch: see `Output` of gateway/outputs/output.ts. */
export interface SiteOutput {
  readonly id: string;
  readonly name: string;
  readonly kind: 'siren' | 'beacon' | 'board' | 'pump' | 'barrier' | 'relay';
  readonly point: string;
  readonly device: string;
  readonly link: string;
  readonly safe: string | number;
  readonly values: readonly (string | number)[];
  readonly minOnMs: number;
  readonly minOffMs: number;
  readonly maxOnMs: number | null;
  readonly restMs: number | null;
  readonly silence: 'duty' | 'admin' | 'nobody';
  readonly exercise: boolean;
  readonly alarmsOf: readonly string[] | null;
  readonly feedback: {
    readonly point: string;
    readonly withinMs: number;
    readonly shows: Readonly<Record<string, string | number>>;
  } | null;
  readonly watchdog: { readonly point: string; readonly value: number } | null;
}

/** Where something goes: an upstream, a channel. */
export interface SiteSink {
  readonly id: string;
  readonly kind: string;
  readonly options: unknown;
}

/** A site as its files say it: checked whole, references resolved, secrets filled in. */
export interface Site<Rule extends RuleShape = RuleShape, Permit extends PermitShape = PermitShape> {
  readonly gateway: string;
  readonly name: string;
  readonly timeZone: string;
  readonly windows: Readonly<Record<string, NamedWindow>>;
  readonly clockTrust: 'auto' | 'chrony' | 'timesyncd' | 'always';
  /** Who may tell the time while the system has none, the one that is believed most first; left out: nobody. */
  readonly clockSources?: readonly ('modem' | 'platform' | 'hj212')[];
  /** Devices whose own time counts as the source `hj212`. */
  readonly clockInstruments?: readonly string[];
  /** How long a point may be not evaluable before `gengfu.not-evaluable` is raised, ms (45 min). */
  readonly notEvaluableAfterMs: number;
  /** How alarms are treated beside the rules. */
  readonly alarms: SiteAlarms;
  readonly console: { readonly listen: Listen };
  readonly broker: SiteBroker | null;
  readonly upstreams: readonly SiteSink[];
  /** Ways to people. */
  readonly channels: readonly SiteSink[];
  readonly links: readonly SiteLink[];
  /** Every point that rules may reach: those of the devices, of each link (`link:ID`) and of the gateway itself (`gateway`). */
  readonly points: readonly SitePoint[];
  readonly rules: readonly Rule[];
  readonly permits: readonly Permit[];
  /** What people owe an alarm, by the name that its rule gives; those that ship among them. */
  readonly plans: readonly SitePlan[];
  /** What to do, by point and level. */
  readonly cards: readonly SiteCard[];
  /** Null without a people.yaml: nobody is called. */
  readonly people: SitePeople | null;
  /** What the gateway may switch. */
  readonly outputs: readonly SiteOutput[];
}

/** Something wrong in a site's files, at its place. Prints as `file:line:column: message`. */
export interface Problem {
  /** Relative to the site's directory. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

export type Loaded<S> =
  | { readonly site: S; readonly problems: readonly Problem[] }
  /** At least one error: nothing is used. */
  | { readonly site: null; readonly problems: readonly Problem[] };
