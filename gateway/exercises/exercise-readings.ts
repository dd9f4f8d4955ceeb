import { LEVELS, type Level } from '../rules/finding.ts';
import type { RulePoint } from '../rules/point.ts';
import type { Condition, Limit, Rule, WhileRule } from '../rules/rule.ts';

/** What a point shows at a time after the beginning, ms; undefined: nothing is read of it then. */
export type Shown = (ms: number) => number | string | { readonly bad: string } | undefined;

/** Readings by which a rule must reach its lowest level on a point. */
export interface ExerciseReadings {
  /** By point. */
  readonly shown: ReadonlyMap<string, Shown>;
  /** How often, ms. */
  readonly everyMs: number;
  readonly lastsMs: number;
  /** What is shown, for a person. */
  readonly says: string;
  /** UTC ms, where the rule hangs on a date. */
  readonly at?: number | undefined;
}

const PERIODS = 4;
const FEWEST_STUCK = 12;
/** Good readings after which a device's background is learned, and some more. */
const LEARNING = 12;
const MIN_MS = 60_000;
const DAY_MS = 86_400_000;
/** Above what a point has learned of its quiet hours. */
const OVER_BACKGROUND = 60;

const SIGNED = { above: 1, atLeast: 1, below: -1, atMost: -1 } as const;

/** A number past a limit, by a little. */
export function past(limit: Limit | Condition): number {
  if (limit.outside !== undefined) return limit.outside[1] + margin(limit.outside[1]);
  for (const name of ['above', 'atLeast', 'below', 'atMost'] as const) {
    const value = limit[name];
    if (value !== undefined) return value + SIGNED[name] * margin(value);
  }
  return 0;
}

const margin = (value: number): number => Math.max(0.5, Math.abs(value) * 0.02);

/** The lowest level of a rule. */
export const lowestLevel = (rule: Rule): Level =>
  'levels' in rule ? (LEVELS.find((level) => rule.levels[level] !== undefined) ?? 'blue') : rule.level;

const valueOfCondition = (condition: Condition): number | string => condition.is?.[0] ?? past(condition);

/** What to show of which points, so that the rule must answer its lowest level. `points`: all of the site. */
export function exerciseReadings(rule: Rule, point: RulePoint, points: readonly RulePoint[]): ExerciseReadings {
  const around = new Map<string, Shown>();
  if (rule.while !== undefined) showWhile(rule.while, point, points, around);
  const source = point.derived === undefined ? point : (points.find(({ key }) => key === point.derived?.from) ?? point);
  const own = ownReadings(rule, point, source, points);
  const tail = rule.hold + PERIODS * source.everyMs;
  return {
    ...own,
    shown: new Map([...around, ...own.shown]),
    everyMs: source.everyMs,
    lastsMs: own.lastsMs + tail + perOf(point),
  };
}

/** A derived point has its first whole period at the latest after two of them. */
const perOf = ({ derived }: RulePoint): number => {
  if (derived === undefined) return 0;
  return typeof derived.per === 'number' ? 2 * derived.per : 2 * DAY_MS;
};

type Own = Omit<ExerciseReadings, 'everyMs'>;

function ownReadings(rule: Rule, point: RulePoint, source: RulePoint, points: readonly RulePoint[]): Own {
  const constant = (value: number | string, lastsMs: number): Own => ({
    shown: new Map([[source.key, () => value]]),
    lastsMs,
    says: `${source.id} = ${typeof value === 'number' ? Math.round(value * 1000) / 1000 : value}`,
  });
  switch (rule.kind) {
    case 'state': {
      const level = LEVELS.find((each) => rule.levels[each] !== undefined) ?? 'blue';
      return constant(rule.levels[level]?.is[0] ?? '', 0);
    }
    case 'quality': {
      const level = LEVELS.find((each) => rule.levels[each] !== undefined) ?? 'blue';
      const bad = rule.levels[level]?.is[0] ?? 'no-value';
      return { shown: new Map([[point.key, () => ({ bad })]]), lastsMs: 0, says: `${point.id}: ${bad}` };
    }
    case 'silent': {
      const shown: Shown = (ms) => (ms < point.everyMs ? usual(point) : undefined);
      return {
        shown: new Map([[point.key, shown]]),
        lastsMs: rule.after + point.everyMs,
        says: `${point.id}: silence`,
      };
    }
    case 'stuck': {
      const lastsMs = Math.max(rule.after, FEWEST_STUCK * point.everyMs) + point.everyMs;
      return { shown: new Map([[point.key, () => usual(point)]]), lastsMs, says: `${point.id} stands still` };
    }
    case 'together': {
      const conditions = 'all' in rule.when ? rule.when.all : rule.when.any;
      const shown = new Map<string, Shown>();
      for (const condition of conditions) {
        const isOwn = condition.quantity === point.quantity;
        const of = isOwn
          ? point
          : points.find((each) => each.device === point.device && each.quantity === condition.quantity);
        if (of !== undefined) shown.set(of.key, () => valueOfCondition(condition));
      }
      const says = conditions.map((each) => `${each.quantity} = ${valueOfCondition(each)}`).join(', ');
      return { shown, lastsMs: 0, says };
    }
    case 'limit':
      return limitReadings(rule, point, source, points, constant);
    default:
      return rule satisfies never;
  }
}

function limitReadings(
  rule: Extract<Rule, { kind: 'limit' }>,
  point: RulePoint,
  source: RulePoint,
  points: readonly RulePoint[],
  constant: (value: number | string, lastsMs: number) => Own,
): Own {
  const { measure } = rule;
  const limit = rule.levels[LEVELS.find((level) => rule.levels[level] !== undefined) ?? 'blue'] ?? {};
  const wanted = past(limit);
  const along = (shown: Shown, lastsMs: number, says: string): Own => ({
    shown: new Map([[source.key, shown]]),
    lastsMs,
    says,
  });
  switch (measure.kind) {
    case 'value':
      return constant(wanted, 0);
    case 'min':
    case 'max':
      return constant(wanted, measure.over);
    case 'mean':
    case 'leq':
    case 'percentile':
      return constant(wanted + (measure.from === undefined ? 0 : OVER_BACKGROUND), measure.over);
    case 'rate':
      return along((ms) => (wanted * ms) / MIN_MS, measure.over, `${source.id} changes by ${wanted} a minute`);
    case 'delta':
      return along((ms) => (1.3 * wanted * ms) / measure.over, measure.over, `${source.id} changes by ${wanted}`);
    case 'time-to': {
      const [next = 0] = measure.at;
      const minutes = Math.max(wanted, 0.2) / 2;
      const endMs = measure.over + rule.hold + PERIODS * source.everyMs;
      const rate = Math.max(3 * measure.rising, next / (4 * (endMs / MIN_MS + minutes)));
      const shown: Shown = (ms) => next - rate * ((endMs - Math.min(ms, endMs)) / MIN_MS + minutes);
      return along(shown, measure.over, `${source.id} rises by ${rate} a minute towards ${next}`);
    }
    case 'certificate': {
      const end = point.validUntil === null ? undefined : Date.parse(`${point.validUntil}T00:00:00Z`);
      const own = constant(usual(point), 0);
      return end === undefined
        ? own
        : { ...own, at: end - Math.floor(wanted - 1) * DAY_MS, says: `${wanted} days are left` };
    }
    case 'angle': {
      const axis = (quantity: string) =>
        points.find((each) => each.device === point.device && each.quantity === quantity);
      const restMs = LEARNING * source.everyMs;
      const radians = (Math.min(Math.abs(wanted), 179) * Math.PI) / 180;
      const degrees = (share: number) => (Math.asin(share) * 180) / Math.PI;
      const shown = new Map<string, Shown>();
      // Upright while it is learned; then leant over along x. Two axes say beyond 90 as a roll does.
      const show = (quantity: string, rest: number, leant: number) => {
        const of = axis(quantity);
        if (of !== undefined) shown.set(of.key, (ms) => (ms < restMs ? rest : leant));
      };
      show('tilt.x', 0, axis('tilt.z') === undefined ? (radians * 180) / Math.PI : degrees(Math.sin(radians)));
      show('tilt.y', 0, 0);
      show('tilt.z', 90, degrees(Math.cos(radians)));
      return { shown, lastsMs: restMs, says: `it leans over by ${wanted} degrees` };
    }
    default:
      return measure satisfies never;
  }
}

/** A value that says nothing. */
const usual = ({ quantity }: RulePoint): number | string => (quantity.endsWith('.state') ? 'normal' : 1);

/** What a rule's `while` asks of other points is true. */
function showWhile(rule: WhileRule, own: RulePoint, points: readonly RulePoint[], shown: Map<string, Shown>): void {
  const conditions = 'all' in rule ? rule.all : rule.any;
  for (const condition of conditions) {
    const { quantity, device, near } = condition;
    const grid = near === 'grid' ? own.place.grid : near;
    const of = points.find((each) =>
      near === undefined
        ? each.quantity === quantity && each.device === (device ?? own.device)
        : each.quantity === quantity && grid !== null && each.place.grid === grid,
    );
    if (of === undefined) continue;
    const value = valueOfCondition(condition);
    shown.set(of.key, () => value);
  }
}
