import { addDays, type Zone } from '#kit/zone.ts';
import type { DayWindow } from './calendar.ts';
import type { Level, Watch } from './finding.ts';
import { describeRule, openProbe } from './index.ts';
import { type RulePoint, selects } from './point.ts';
import type { Rule } from './rule.ts';
import { levelsOf } from './rule-levels.ts';
import { RuleWatch, type WatchSurroundings } from './rule-watch.ts';
import { Schedule } from './schedule.ts';

/** Where the readings of one point go: the watches that it feeds, and as which of their inputs. */
export interface PointFeed {
  readonly point: RulePoint;
  readonly feeds: { readonly watch: RuleWatch; readonly input: number }[];
}

interface Watches {
  readonly watches: readonly RuleWatch[];
  readonly feeds: ReadonlyMap<string, PointFeed>;
  readonly schedules: readonly Schedule[];
}

/** Every rule on every point that it is on; rules of the same window and dates share a schedule. */
export function openWatches(
  site: {
    readonly rules: readonly Rule[];
    readonly points: readonly RulePoint[];
    readonly windows: Readonly<Record<string, DayWindow>>;
  },
  zone: Zone,
  start: { readonly at: number; readonly tick: number },
  around: WatchSurroundings,
): Watches {
  const watches: RuleWatch[] = [];
  const feeds = new Map<string, PointFeed>();
  const schedules = new Map<string, Schedule>();
  const devices = Map.groupBy(site.points, ({ device }) => device);
  for (const rule of site.rules) {
    const window = rule.during === undefined ? null : (site.windows[rule.during] ?? null);
    const key = JSON.stringify([rule.during, rule.effective]);
    const schedule = schedules.get(key) ?? new Schedule(zone, window, rule.effective, start.at);
    schedules.set(key, schedule);
    for (const point of site.points) {
      if (!selects(rule.on, point)) continue;
      const probe = openProbe(rule, point, devices.get(point.device) ?? []);
      const validEnd =
        point.validUntil === null ? Number.POSITIVE_INFINITY : zone.instant(addDays(point.validUntil, 1), 0);
      const watch = new RuleWatch({
        order: watches.length,
        watch: describe(rule, point),
        rule,
        point,
        probe,
        levels: namesOf(rule),
        schedule,
        validEnd,
        tick: start.tick,
        around,
      });
      watches.push(watch);
      schedule.watches.push(watch);
      for (const [input, fed] of probe.inputs.entries()) {
        const feed = feeds.get(fed.key) ?? { point: fed, feeds: [] };
        feed.feeds.push({ watch, input });
        feeds.set(fed.key, feed);
      }
    }
  }
  return { watches, feeds, schedules: [...schedules.values()] };
}

const namesOf = (rule: Rule): Level[] =>
  'levels' in rule ? levelsOf<unknown>(rule.levels).map(([level]) => level) : [rule.level];

const describe = (rule: Rule, point: RulePoint): Watch => ({
  key: `${rule.id}@${point.key}`,
  rule: rule.id,
  device: point.device,
  deviceName: point.deviceName,
  point: point.id,
  quantity: point.quantity,
  unit: point.unit,
  scene: point.scene,
  place: point.place,
  title: rule.title,
  basis: rule.basis ?? null,
  legalLimit: rule.legalLimit ?? null,
  permitKind: rule.permit?.kind ?? null,
  measure: describeRule(rule),
});
