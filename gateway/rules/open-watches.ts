import { hashText } from '#kit/hash.ts';
import { addDays, type Zone } from '#kit/zone.ts';
import { axesOf, Background } from './background.ts';
import type { DayWindow } from './calendar.ts';
import { openDerivers } from './derive.ts';
import { DerivedPoints } from './derived-points.ts';
import { Feeds } from './feeds.ts';
import type { Level, Watch } from './finding.ts';
import { describeRule, openProbe } from './index.ts';
import { NoiseFloor } from './noise-floor.ts';
import { type Derived, type RulePoint, selects } from './point.ts';
import type { Probe } from './probe.ts';
import type { Rule } from './rule.ts';
import { levelsOf } from './rule-levels.ts';
import type { RuleParts } from './rule-parts.ts';
import { RuleWatch, type WatchSurroundings } from './rule-watch.ts';
import { Schedule } from './schedule.ts';
import { isOfVital, tellsVital } from './vital.ts';
import { While } from './while.ts';

interface Watches {
  readonly watches: readonly RuleWatch[];
  readonly feeds: Feeds;
  readonly schedules: readonly Schedule[];
  readonly whiles: readonly While[];
  /** By device; what is learned of noise, by its key. */
  readonly backgrounds: ReadonlyMap<string, Background | NoiseFloor>;
  readonly derived: DerivedPoints;
}

/** Every rule on every point that it is on; rules of the same window and dates share a schedule. `parts` are taken over. */
export function openWatches(
  site: {
    readonly rules: readonly Rule[];
    readonly points: readonly RulePoint[];
    readonly windows: Readonly<Record<string, DayWindow>>;
  },
  zone: Zone,
  start: { readonly at: number; readonly tick: number },
  around: WatchSurroundings,
  parts?: RuleParts,
): Watches {
  const watches: RuleWatch[] = [];
  const feeds = new Feeds();
  const schedules = new Map<string, Schedule>();
  const whiles = new Map<string, While>();
  const backgrounds = new Map<string, Background>();
  const backgroundOf = (device: string): Background | undefined => {
    const known = backgrounds.get(device);
    const axes = known === undefined ? axesOf(devices.get(device) ?? []) : undefined;
    if (axes === undefined) return known;
    const taken = parts?.background(backgroundKey(device));
    const made = taken instanceof Background ? taken : new Background(device, axes);
    backgrounds.set(device, made);
    if (made === taken && parts?.isShared) return made;
    for (const [input, fed] of axes.entries()) feeds.of(fed).backgrounds.push({ background: made, input });
    return made;
  };
  const floors = new Map<string, NoiseFloor>();
  const floorOf = (point: RulePoint): NoiseFloor => {
    const known = floors.get(point.key);
    if (known !== undefined) return known;
    const taken = parts?.background(backgroundKey(point.key));
    const made = taken instanceof NoiseFloor ? taken : new NoiseFloor(point);
    floors.set(point.key, made);
    if (made === taken && parts?.isShared) return made;
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
    if (known !== undefined) return known;
    const taken = parts?.while(made.key);
    if (taken !== undefined) made.adopt(taken);
    whiles.set(made.key, made);
    for (const [input, fed] of made.inputs.entries()) feeds.of(fed).whiles.push({ while: made, input });
    return made;
  };
  const devices = Map.groupBy(site.points, ({ device }) => device);
  for (const rule of site.rules) {
    const window = rule.during === undefined ? null : (site.windows[rule.during] ?? null);
    const key = JSON.stringify([rule.during, rule.effective]);
    const schedule = schedules.get(key) ?? new Schedule(zone, window, rule.effective, start.at);
    schedules.set(key, schedule);
    const levels = namesOf(rule);
    const ruleMeaning = ruleMeaningOf(rule, window, zone);
    for (const point of site.points) {
      if (!selects(rule.on, point)) continue;
      const own = openProbe(rule, point, devices.get(point.device) ?? [], { backgroundOf, floorOf, certificateOf });
      const meaning = meaningOf(ruleMeaning, point, own);
      // A certificate's time is of the present site and clock, and of no reading.
      const isOwn = rule.kind === 'limit' && rule.measure.kind === 'certificate';
      const probe = isOwn ? own : (parts?.probe(keyOf(rule, point), meaning) ?? own);
      const validEnd = validEndOf(point);
      const watch = new RuleWatch({
        order: watches.length,
        watch: describe(rule, point),
        rule,
        point,
        probe,
        levels,
        schedule,
        while: whileOf(rule.while, point),
        meaning,
        validEnd,
        tick: start.tick,
        around,
      });
      watches.push(watch);
      schedule.watches.push(watch);
      watch.while?.watches.push(watch);
      for (const [input, fed] of probe.inputs.entries()) {
        const feed = feeds.of(fed);
        feed.watches.push(watch);
        feed.inputs.push(input);
      }
    }
  }
  const derivers = openDerivers(site.points, site.windows, zone, start, whileOf);
  for (const deriver of derivers) feeds.of(deriver.source).derivers.push(deriver);
  const derived = new DerivedPoints(derivers);
  const learned = new Map<string, Background | NoiseFloor>(backgrounds);
  for (const floor of floors.values()) learned.set(floor.key, floor);
  const shared = { schedules: [...schedules.values()], whiles: [...whiles.values()] };
  return { watches, feeds, ...shared, backgrounds: learned, derived };
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
