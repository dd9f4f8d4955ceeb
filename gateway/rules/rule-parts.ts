import { isEqual } from '#kit/equal.ts';
import type { Background } from './background.ts';
import type { Deriver } from './derive.ts';
import type { NoiseFloor } from './noise-floor.ts';
import type { RulePoint } from './point.ts';
import type { Probe } from './probe.ts';
import type { Rule } from './rule.ts';
import type { RuleSet } from './rule-set.ts';
import type { RuleWatch } from './rule-watch.ts';
import type { Schedule } from './schedule.ts';
import type { While } from './while.ts';

/** What rules that take the place of others, or run beside them, have of those. */
export interface RuleParts {
  /** What is the same whole goes on as it is: a rule on a point … */
  watch(key: string, rule: Rule, device: string): RuleWatch | undefined;
  /** … the time that rules are in force, and what is derived. */
  schedule(key: string): Schedule | undefined;
  deriver(key: string): Deriver | undefined;
  /** Whether this point is derived by the others. */
  isDerived(point: string): boolean;
  /** Whether a point's readings mean what they did. */
  isSameReading(point: string): boolean;
  /** What a rule that means the same has gathered of readings. */
  probe(key: string, meaning: number): Probe | undefined;
  /** What is learned of a device, or of a point's noise. */
  background(key: string): Background | NoiseFloor | undefined;
  /** It is fed by the others, which are at work still. */
  isFed(learned: Background | NoiseFloor): boolean;
  while(key: string): While | undefined;
  /** Whether a `while` of the same key goes on as it is; else its knowledge is taken over. */
  isSameWhile(old: While, made: While): boolean;
}

export const NO_PARTS: RuleParts = {
  watch: () => undefined,
  schedule: () => undefined,
  deriver: () => undefined,
  isDerived: () => false,
  isSameReading: () => true,
  probe: () => undefined,
  background: () => undefined,
  isFed: () => false,
  while: () => undefined,
  isSameWhile: () => false,
};

/** What of rules at work goes on at a site of other points. `changed`: points whose readings mean something else now. */
export function partsOf(at: RuleSet, points: readonly RulePoint[], changed: ReadonlySet<string>): RuleParts {
  const [before, after] = [at.points, points].map((list) => Map.groupBy(list, ({ device }) => device));
  const rules = new Map<string, boolean>();
  const devices = new Map<string, boolean>();
  const whiles = new Map([...at.whiles.keys()].map((each) => [each.key, each]));
  const learned = new Map([...at.backgrounds.values()].map((each) => [each.key, each]));
  const derived = new Set(at.derivers.flatMap(({ points: given }) => given));
  const derivers = new Map(at.derivers.map((each) => [each.key, each]));
  const isOfChanged = ({ inputs }: { readonly inputs: readonly RulePoint[] }) =>
    inputs.some(({ key }) => changed.has(key));
  const isSamePoint = (one: RulePoint | undefined, other: RulePoint | undefined) => isEqual(one, other);

  const isSameRule = (old: Rule, rule: Rule): boolean => {
    const is = rules.get(rule.id) ?? isEqual(old, rule);
    rules.set(rule.id, is);
    return is;
  };
  const isSameDevice = (device: string): boolean => {
    const [old = [], now = []] = [before?.get(device), after?.get(device)];
    const is =
      devices.get(device) ??
      (old.length === now.length && now.every((point, i) => isSamePoint(old[i], point) && !changed.has(point.key)));
    devices.set(device, is);
    return is;
  };
  return {
    watch(key, rule, device) {
      const old = at.byKey.get(key);
      return old !== undefined && isSameRule(old.rule, rule) && isSameDevice(device) ? old : undefined;
    },
    schedule: (key) => at.schedules.get(key)?.[0],
    deriver: (key) => derivers.get(key),
    isDerived: (point) => derived.has(point),
    isSameReading: (point) => !changed.has(point),
    probe(key, meaning) {
      const old = at.byKey.get(key);
      return old?.meaning === meaning && !isOfChanged(old.probe) ? old.probe : undefined;
    },
    background(key) {
      const found = learned.get(key);
      return found !== undefined && 'point' in found && changed.has(found.point.key) ? undefined : found;
    },
    isFed: () => false,
    while(key) {
      const found = whiles.get(key);
      return found === undefined || isOfChanged(found) ? undefined : found;
    },
    isSameWhile: (old, made) => old.inputs.every((point, i) => isSamePoint(point, made.inputs[i])),
  };
}
