import { hashText } from '#kit/hash.ts';
import { addDays, type Zone } from '#kit/zone.ts';
import { axesOf, Background } from './background.ts';
import type { DayWindow } from './calendar.ts';
import { type Deriver, openDerivers } from './derive.ts';
import { Feeds } from './feeds.ts';
import type { Level, Watch } from './finding.ts';
import { describeRule, openProbe } from './index.ts';
import { NoiseFloor } from './noise-floor.ts';
import { type Derived, type RulePoint, selects } from './point.ts';
import type { Probe } from './probe.ts';
import type { Rule } from './rule.ts';
import { levelsOf } from './rule-levels.ts';
import { NO_PARTS, type RuleParts } from './rule-parts.ts';
import { RuleWatch } from './rule-watch.ts';
import { Schedule } from './schedule.ts';
import type { WatchSurroundings } from './surroundings.ts';
import { isOfVital, tellsVital } from './vital.ts';
import { While } from './while.ts';

/** Every rule on every point that it is on, and what these are fed from. */
export interface Watches {
  readonly watches: readonly RuleWatch[];
  readonly byKey: ReadonlyMap<string, RuleWatch>;
  /** Those that permits say something to, by device. */
  readonly permitted: ReadonlyMap<string, readonly RuleWatch[]>;
  /** Devices and points that a rule is on. */
  readonly on: ReadonlySet<string>;
  readonly feeds: Feeds;
  /** By what they are of, with the rules on points that they are for. */
  readonly schedules: ReadonlyMap<string, readonly [schedule: Schedule, watches: readonly RuleWatch[]]>;
  readonly whiles: ReadonlyMap<While, readonly RuleWatch[]>;
  /** Those that take over what others know, each with the other. */
  readonly adopting: readonly (readonly [made: While, other: While])[];
  /** By device; what is learned of noise, by its key. */
  readonly backgrounds: ReadonlyMap<string, Background | NoiseFloor>;
  readonly derivers: readonly Deriver[];
}

export interface WatchedSite {
  readonly rules: readonly Rule[];
  readonly points: readonly RulePoint[];
  readonly windows: Readonly<Record<string, DayWindow>>;
  /** Of all rules on points only these, by their keys, and only what is derived for them or by no others. */
  readonly only?: ReadonlySet<string> | undefined;
}

/**
 * Opens every rule on every point that it is on, step by step; rules of the same window and dates share a schedule. What
 * there is of `parts` is taken over, and in no way changed.
 */
export function* openWatches(
  site: WatchedSite,
  zone: Zone,
  start: { readonly at: number; readonly tick: number },
  around: WatchSurroundings,
  parts: RuleParts = NO_PARTS,
): Generator<void, Watches> {
  const watches: RuleWatch[] = [];
  const byKey = new Map<string, RuleWatch>();
  const permitted = new Map<string, RuleWatch[]>();
  const on = new Set<string>();
  const feeds = new Feeds();
  const schedules = new Map<string, readonly [Schedule, RuleWatch[]]>();
  const whiles = new Map<string, readonly [While, RuleWatch[]]>();
  const adopting: (readonly [While, While])[] = [];
  const backgrounds = new Map<string, Background>();
  const devices = Map.groupBy(site.points, ({ device }) => device);
  const backgroundOf = (device: string): Background | undefined => {
    const known = backgrounds.get(device);
    const axes = known === undefined ? axesOf(devices.get(device) ?? []) : undefined;
    if (axes === undefined) return known;
    const taken = parts.background(backgroundKey(device));
    const made = taken instanceof Background ? taken : new Background(device, axes);
    backgrounds.set(device, made);
    if (made === taken && parts.isFed(made)) return made;
    for (const [input, fed] of axes.entries()) feeds.of(fed).backgrounds.push({ background: made, input });
    return made;
  };
  const floors = new Map<string, NoiseFloor>();
  const floorOf = (point: RulePoint): NoiseFloor => {
    const known = floors.get(point.key);
    if (known !== undefined) return known;
    const taken = parts.background(backgroundKey(point.key));
    const made = taken instanceof NoiseFloor ? taken : new NoiseFloor(point);
    floors.set(point.key, made);
    if (made === taken && parts.isFed(made)) return made;
    feeds.of(point).backgrounds.push({ background: made, input: 0 });
    return made;
  };
  const validEndOf = ({ validUntil }: RulePoint): number =>
    validUntil === null ? Number.POSITIVE_INFINITY : zone.instant(addDays(validUntil, 1), 0);
  const certificateOf = (point: RulePoint) => (tick: number) => validEndOf(point) - around.at(tick);
  const whileOf = (condition: Derived['while'], point: RulePoint): While | null => {
    if (condition === undefined) return null;
    const made = new While(condition, point, site.points);
    const known = whiles.get(made.key);
    if (known !== undefined) return known[0];
    const other = parts.while(made.key);
    const isSame = other !== undefined && parts.isSameWhile(other, made);
    const taken = isSame ? other : made;
    if (other !== undefined && !isSame) {
      made.adopt(other);
      adopting.push([made, other]);
    }
    whiles.set(made.key, [taken, []]);
    for (const [input, fed] of taken.inputs.entries()) feeds.of(fed).whiles.push({ while: taken, input });
    return taken;
  };
  const scheduleOf = (rule: Rule, window: DayWindow | null): readonly [Schedule, RuleWatch[]] => {
    const key = JSON.stringify([rule.during, window, rule.effective, zone.name]);
    const known = schedules.get(key);
    if (known !== undefined) return known;
    const opened = parts.schedule(key) ?? new Schedule(zone, window, rule.effective, start.at);
    const made: readonly [Schedule, RuleWatch[]] = [opened, []];
    schedules.set(key, made);
    return made;
  };
  for (const rule of site.rules) {
    const window = rule.during === undefined ? null : (site.windows[rule.during] ?? null);
    const [schedule, scheduled] = scheduleOf(rule, window);
    const levels = namesOf(rule);
    const ruleMeaning = ruleMeaningOf(rule, window, zone);
    for (const point of site.points) {
      const key = keyOf(rule, point);
      if (!selects(rule.on, point) || site.only?.has(key) === false) continue;
      yield;
      const condition = whileOf(rule.while, point);
      const open = (): RuleWatch => {
        const own = openProbe(rule, point, devices.get(point.device) ?? [], { backgroundOf, floorOf, certificateOf });
        const meaning = meaningOf(ruleMeaning, point, own);
        // A certificate's time is of the present site and clock, and of no reading.
        const isOwn = rule.kind === 'limit' && rule.measure.kind === 'certificate';
        return new RuleWatch({
          order: watches.length,
          watch: describe(rule, point),
          rule,
          point,
          probe: isOwn ? own : (parts.probe(key, meaning) ?? own),
          levels,
          schedule,
          while: condition,
          meaning,
          validEnd: validEndOf(point),
          tick: start.tick,
          around,
        });
      };
      const same = parts.watch(key, rule, point.device);
      const isSame = same !== undefined && same.schedule === schedule && same.while === condition;
      // It goes on with what it has learned, which must be fed further.
      if (isSame && rule.kind === 'limit' && 'from' in rule.measure) {
        if (rule.measure.kind === 'angle') backgroundOf(point.device);
        else floorOf(point);
      }
      const watch = isSame ? same : open();
      watches.push(watch);
      byKey.set(key, watch);
      if (rule.permit !== undefined) {
        const there = permitted.get(point.device);
        if (there === undefined) permitted.set(point.device, [watch]);
        else there.push(watch);
      }
      on.add(point.key).add(point.device);
      scheduled.push(watch);
      if (condition !== null) whiles.get(condition.key)?.[1].push(watch);
      for (const [input, fed] of watch.probe.inputs.entries()) {
        const feed = feeds.of(fed);
        feed.watches.push(watch);
        feed.inputs.push(input);
      }
    }
  }
  yield;
  const wanted = site.only === undefined ? site.points : derivedFor(site.points, feeds, parts);
  const derivers = openDerivers(wanted, site.windows, zone, start, whileOf, (key) => parts.deriver(key));
  for (const deriver of derivers) feeds.of(deriver.source).derivers.push(deriver);
  yield;
  feeds.lay();
  const learned = new Map<string, Background | NoiseFloor>(backgrounds);
  for (const floor of floors.values()) learned.set(floor.key, floor);
  const shared = { schedules, whiles: new Map(whiles.values()), adopting };
  return { watches, byKey, permitted, on, feeds, ...shared, backgrounds: learned, derivers };
}

/** The points without those that are derived for nobody here: of one source all or none, for a night's are made of its day's. */
function derivedFor(points: readonly RulePoint[], feeds: Feeds, parts: RuleParts): readonly RulePoint[] {
  const isWanted = ({ key, derived }: RulePoint) => feeds.has(key) || (derived !== undefined && !parts.isDerived(key));
  const sources = new Set(
    points.filter((point) => point.derived && isWanted(point)).map(({ derived }) => derived?.from),
  );
  return points.filter(({ derived }) => derived === undefined || sources.has(derived.from));
}

const namesOf = (rule: Rule): Level[] =>
  'levels' in rule ? levelsOf<unknown>(rule.levels).map(([level]) => level) : [rule.level];

/** All that a rule is judged by; how it is called, and which points it is on, is none of it. */
function ruleMeaningOf(rule: Rule, window: DayWindow | null, zone: Zone): number {
  const { title: _, basis: __, on: ___, respond: ____, latched: _____, ...rest } = rule;
  const { suppressedBy: ______, outputs: _______, ...judged } = rest;
  const zoneName = rule.during === undefined && rule.effective === undefined ? null : zone.name;
  return hashText(JSON.stringify([judged, window, zoneName]));
}

/** The same on a point, with what it is fed from. */
function meaningOf(rule: number, { quantity, unit }: RulePoint, { inputs }: Probe): number {
  let text = `${rule} ${quantity} ${unit}`;
  for (const { key, everyMs } of inputs) text += ` ${key} ${everyMs}`;
  return hashText(text);
}

/** The key of what is learned of a device, or of a point's noise. */
const backgroundKey = (of: string): string => `background:${of}`;

const keyOf = (rule: Rule, point: RulePoint): string => `${rule.id}@${point.key}`;

/** Of a measure that is no longer in the point's unit. */
function unitOf(rule: Rule): string | null {
  if (rule.kind !== 'limit') return null;
  if (rule.measure.kind === 'time-to') return 'min';
  return rule.measure.kind === 'certificate' ? 'd' : null;
}

const describe = (rule: Rule, point: RulePoint): Watch => ({
  key: keyOf(rule, point),
  rule: rule.id,
  device: point.device,
  deviceName: point.deviceName,
  point: point.id,
  quantity: point.quantity,
  unit: unitOf(rule) ?? point.unit,
  scene: point.scene,
  place: point.place,
  title: rule.title,
  basis: rule.basis ?? null,
  legalLimit: rule.legalLimit ?? null,
  permitKind: rule.permit?.kind ?? null,
  measure: describeRule(rule),
  ...(point.link === undefined || point.link === '' ? {} : { link: point.link }),
  ...(rule.respond === undefined ? {} : { respond: rule.respond }),
  ...(rule.latched === true ? { latched: true } : {}),
  ...(rule.suppressedBy === undefined ? {} : { suppressedBy: rule.suppressedBy }),
  ...(isOfVital(rule, point) ? { vital: tellsVital(rule) } : {}),
});
