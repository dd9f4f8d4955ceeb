import { type ConditionTest, testOf } from './condition.ts';
import type { RulePoint } from './point.ts';
import { GAP_PERIODS, type Probe, type ProbeKind, UNMEASURED } from './probe.ts';
import type { Condition, Rule } from './rule.ts';

type TogetherRule = Extract<Rule, { kind: 'together' }>;

/** `together`: conditions on points of the same device hold at once. */
export const togetherKind: ProbeKind<TogetherRule> = {
  describe: () => 'together',
  open(rule, point, siblings): Probe {
    const all = 'all' in rule.when;
    const conditions = 'all' in rule.when ? rule.when.all : rule.when.any;
    // A condition is on the rule's own point where that has the quantity, else on the device's first that has it.
    const pointOf = (condition: Condition): RulePoint | undefined =>
      condition.quantity === point.quantity ? point : siblings.find(({ quantity }) => quantity === condition.quantity);
    const inputs = [...new Set([point, ...conditions.flatMap((condition) => pointOf(condition) ?? [])])];
    const places = conditions.map((condition) => {
      const found = pointOf(condition);
      return found === undefined ? -1 : inputs.indexOf(found);
    });
    const tests = conditions.map(testOf);
    const values: (number | string | undefined)[] = inputs.map(() => undefined);
    const lasts = inputs.map(() => Number.NEGATIVE_INFINITY);
    const used = places.filter((place) => place >= 0);
    const validUntil = () =>
      Math.min(...used.map((i) => (lasts[i] ?? Number.NaN) + GAP_PERIODS * (inputs[i]?.everyMs ?? 0)));
    const holds = () => {
      const each = (test: ConditionTest, i: number) => test(values[places[i] ?? -1]);
      return all ? tests.every(each) : tests.some(each);
    };
    return {
      ...UNMEASURED,
      inputs,
      take(input, tick, value) {
        values[input] = value;
        lasts[input] = Math.max(lasts[input] ?? tick, tick);
      },
      code: (tick) => (places.includes(-1) || validUntil() < tick ? 'offline' : null),
      isPassed: holds,
      isBack: () => !holds(),
      value: () => values[0] ?? null,
      validUntil,
      // Its conditions need values, which come from history.
      restore() {},
      clear() {
        values.fill(undefined);
        lasts.fill(Number.NEGATIVE_INFINITY);
      },
    };
  },
};
