import { type ConditionTest, testOf } from './condition.ts';
import type { RulePoint } from './point.ts';
import { GAP_PERIODS } from './probe.ts';
import type { Condition, WhileRule } from './rule.ts';
import type { RuleWatch } from './rule-watch.ts';

type WhileCondition = WhileRule extends { all: (infer C)[] } | { any: (infer C)[] } ? C : never;

/** The point that a condition is on: of the device it names, of the grid, else of the rule's own device; the site's first. */
function pointOf(condition: WhileCondition, own: RulePoint, points: readonly RulePoint[]): RulePoint | undefined {
  const { quantity, device, near } = condition;
  if (near !== undefined) {
    const grid = near === 'grid' ? own.place.grid : near;
    return points.find((point) => point.quantity === quantity && grid !== null && point.place.grid === grid);
  }
  return points.find((point) => point.quantity === quantity && point.device === (device ?? own.device));
}

/**
 * What a rule's `while` says now (RULES.md, section 3): true, false, or unknown while a point that it needs is not there
 * or has been silent for three periods. Rules that say the same of the same points share one.
 */
export class While {
  /** What it is fed from. */
  readonly inputs: readonly RulePoint[];
  /** Whose being in force hangs on it. */
  watches: readonly RuleWatch[] = [];
  /** As it was last settled. */
  isFalse = false;
  readonly #conditions: readonly Condition[];
  readonly #tests: readonly ConditionTest[];
  readonly #all: boolean;
  /** Of each condition, its place in `inputs`; -1 when the site has no such point. */
  readonly #places: readonly number[];
  readonly #values: (number | string | undefined)[];
  readonly #validUntil: number[];
  /** Of each input, since when it is known without a gap. */
  readonly #validFrom: number[];

  constructor(rule: WhileRule, own: RulePoint, points: readonly RulePoint[]) {
    this.#all = 'all' in rule;
    const given = ('all' in rule ? rule.all : rule.any).map((condition) => ({
      condition,
      point: pointOf(condition, own, points),
    }));
    const asked = given.filter(({ condition, point }) => point !== undefined || !condition.optional);
    this.#conditions = asked.map(({ condition }) => condition);
    this.#tests = this.#conditions.map(testOf);
    const found = asked.map(({ point }) => point);
    this.inputs = [...new Set(found.filter((point) => point !== undefined))];
    this.#places = found.map((point) => (point === undefined ? -1 : this.inputs.indexOf(point)));
    this.#values = this.inputs.map(() => undefined);
    this.#validUntil = this.inputs.map(() => Number.NEGATIVE_INFINITY);
    this.#validFrom = this.inputs.map(() => Number.NEGATIVE_INFINITY);
  }

  /** What it is of: the same for rules that may share it. */
  get key(): string {
    return JSON.stringify([this.#all, this.#conditions, this.inputs.map(({ key }) => key), this.#places]);
  }

  /** Takes over what one of the same key knows. */
  adopt(other: While): void {
    for (const i of this.inputs.keys()) {
      this.#values[i] = other.#values[i];
      this.#validUntil[i] = other.#validUntil[i] ?? Number.NEGATIVE_INFINITY;
      this.#validFrom[i] = other.#validFrom[i] ?? Number.NEGATIVE_INFINITY;
    }
    this.isFalse = other.isFalse;
  }

  /** A good reading of `inputs[input]`. */
  take(input: number, tick: number, value: number | string): void {
    this.#values[input] = value;
    if (tick > (this.#validUntil[input] ?? 0)) this.#validFrom[input] = tick;
    this.#validUntil[input] = tick + GAP_PERIODS * (this.inputs[input]?.everyMs ?? 0);
  }

  /**
   * Looks at what holds at `tick`; true when the rule came into force or ceased by it. What is not known makes no rule
   * cease: it is in force then, and not evaluable.
   */
  settle(tick: number): boolean {
    const before = this.isFalse;
    this.isFalse = this.isKnown(tick) && !this.#holds();
    return this.isFalse !== before;
  }

  isKnown(tick: number): boolean {
    return tick <= this.validUntil;
  }

  /** The tick up to which all that it needs is known; before any time when it never was. */
  get validUntil(): number {
    if (this.#places.includes(-1)) return Number.NEGATIVE_INFINITY;
    // Of nothing at all, Infinity: it is known for ever.
    return Math.min(...this.#validUntil);
  }

  /** The tick from which all that it needs is known up to then; where that is after it, they were never known at one time. */
  get validFrom(): number {
    return Math.max(...this.#validFrom);
  }

  #holds(): boolean {
    const each = (test: ConditionTest, i: number) => test(this.#values[this.#places[i] ?? -1]);
    return this.#all || this.#tests.length === 0 ? this.#tests.every(each) : this.#tests.some(each);
  }
}
