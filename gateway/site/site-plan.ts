import { isEqual } from '#kit/equal.ts';
import type { Site, SitePoint } from '../../config/site.ts';
import type { Permit } from '../rules/permit.ts';
import type { Rule } from '../rules/rule.ts';
import { linkSpecs, pointOf } from './link-spec.ts';

type RunSite = Site<Rule, Permit>;

/** What became of things of one kind, by id. What is in none of the three is the same. */
export interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** There before and after, and not equal. */
  readonly changed: readonly string[];
}

/** What a changed site asks for: equal parts are in none of it. */
export interface SitePlan {
  /** As drivers go by them: options, devices with their profiles, points. A link that is equal is not touched. */
  readonly links: Difference;
  readonly upstreams: Difference;
  /** To people. */
  readonly channels: Difference;
  /** As the site's files say them, names and places included. */
  readonly devices: Difference;
  readonly rules: Difference;
  readonly permits: Difference;
  /** Changed: its readings mean something else than before. */
  readonly points: Difference;
  /** Parts of `site.yaml` that are otherwise now. */
  readonly settings: readonly string[];
  /** The rules need not be looked at. */
  readonly isJudgedSame: boolean;
  /** Settings among these that only a restart can change. */
  readonly needsRestart: readonly string[];
}

/** By id, in the order of their lists. */
export function differ<T>(
  before: readonly T[],
  after: readonly T[],
  idOf: (each: T) => string,
  isSame: (one: T | undefined, other: T) => boolean = isEqual,
): Difference {
  const [old, now] = [before, after].map((list) => new Map(list.map((each) => [idOf(each), each])));
  const isIn = (map: ReadonlyMap<string, T> | undefined) => (each: T) => map?.has(idOf(each)) === true;
  const isNew = (each: T) => !isIn(old)(each);
  return {
    added: after.filter(isNew).map(idOf),
    removed: before.filter((each) => !isIn(now)(each)).map(idOf),
    changed: after.filter((each) => !isNew(each) && !isSame(old?.get(idOf(each)), each)).map(idOf),
  };
}

/** What of a point the rules go by: all but where its values come from. */
const judgedPoint = (point: SitePoint) => {
  const {
    link: _,
    source: __,
    convert: ___,
    units: ____,
    range: _____,
    invalid: ______,
    states: _______,
    ...judged
  } = point;
  return judged;
};

/** What a point's readings mean. */
const measuredPoint = (point: SitePoint) => ({ ...pointOf(point), unit: point.unit });

const judgedOf = ({ timeZone, windows, notEvaluableAfterMs, alarms, rules, permits }: RunSite) => ({
  ...{ timeZone, windows, notEvaluableAfterMs, alarms, rules, permits },
});

/** The same as some see it. A part that is the very same need not be looked at, and of a large site most are. */
const seenAs =
  <T>(view: (each: T) => unknown) =>
  (one: T | undefined, other: T): boolean =>
    one === other || (one !== undefined && isEqual(view(one), view(other)));
const isMeasuredSame = seenAs(measuredPoint);
const isJudgedSamePoint = seenAs(judgedPoint);

const isJudgedSame = (before: RunSite, after: RunSite): boolean =>
  before.points.length === after.points.length &&
  before.points.every((point, i) => point === after.points[i] || isSamePoint(point, after.points[i])) &&
  isEqual(judgedOf(before), judgedOf(after));

const isSamePoint = (one: SitePoint, other: SitePoint | undefined): boolean =>
  other !== undefined && isJudgedSamePoint(one, other) && isMeasuredSame(one, other);

const settingsOf = (site: RunSite): Readonly<Record<string, unknown>> => ({
  gateway: site.gateway,
  name: site.name,
  timeZone: site.timeZone,
  windows: site.windows,
  'clock.trust': site.clockTrust,
  'clock.sources': site.clockSources ?? [],
  'clock.instruments': site.clockInstruments ?? [],
  notEvaluableAfter: site.notEvaluableAfterMs,
  alarms: site.alarms,
  'console.listen': site.console.listen,
  broker: site.broker,
  plans: site.plans,
  cards: site.cards,
  people: site.people,
  outputs: site.outputs,
});

/** Who the gateway is stands in its ledger, and what its clock goes by is asked from the start on. */
const ONLY_BY_RESTART: readonly string[] = ['gateway', 'clock.trust', 'clock.sources'];

/** From one site to another: what is new, gone and otherwise. */
export function planSite(before: RunSite, after: RunSite): SitePlan {
  const byId = ({ id }: { readonly id: string }) => id;
  const devicesOf = (site: RunSite) => site.links.flatMap(({ devices }) => devices);
  const [old, now] = [settingsOf(before), settingsOf(after)];
  const settings = Object.keys(now).filter((name) => !isEqual(old[name], now[name]));
  return {
    links: differ(linkSpecs(before), linkSpecs(after), byId),
    upstreams: differ(before.upstreams, after.upstreams, byId),
    channels: differ(before.channels, after.channels, byId),
    devices: differ(devicesOf(before), devicesOf(after), byId),
    rules: differ(before.rules, after.rules, byId),
    permits: differ(before.permits, after.permits, byId),
    points: differ(before.points, after.points, ({ key }) => key, isMeasuredSame),
    settings,
    isJudgedSame: isJudgedSame(before, after),
    needsRestart: settings.filter((name) => ONLY_BY_RESTART.includes(name)),
  };
}
