import { angleBetween, type Background, gravityOf } from './background.ts';
import type { RulePoint } from './point.ts';
import { GAP_PERIODS, type Probe } from './probe.ts';
import type { Rule } from './rule.ts';
import { levelsOf } from './rule-levels.ts';
import { Threshold } from './threshold.ts';

type LimitRule = Extract<Rule, { kind: 'limit' }>;

/**
 * `measure: { kind: angle, from: background }`: the angle between the present gravity vector of a device's tilt.x, tilt.y
 * and tilt.z (if it has one) and the one that was learned, in degrees; not evaluable, code `background`, until it is learned.
 */
export function openAngle(rule: LimitRule, point: RulePoint, background: Background | undefined): Probe {
  const limits = levelsOf(rule.levels).map(([, limit]) => new Threshold(limit, rule.clear.by));
  const axes = background?.inputs ?? [];
  const inputs = [...new Set([point, ...axes])];
  const places = axes.map((axis) => inputs.indexOf(axis));
  const values: number[] = inputs.map(() => Number.NaN);
  const lasts = inputs.map(() => Number.NEGATIVE_INFINITY);
  const value = (): number => {
    const learned = background?.vector ?? null;
    return learned === null ? Number.NaN : angleBetween(gravityOf(places.map((i) => values[i] ?? Number.NaN)), learned);
  };
  const validUntil = () =>
    Math.min(...places.map((i) => (lasts[i] ?? Number.NaN) + GAP_PERIODS * (inputs[i]?.everyMs ?? 0)));
  return {
    inputs,
    take(input, tick, raw) {
      values[input] = typeof raw === 'number' ? raw : Number.NaN;
      lasts[input] = Math.max(lasts[input] ?? tick, tick);
    },
    code(tick) {
      if ((background?.vector ?? null) === null) return 'background';
      if (validUntil() < tick) return 'offline';
      return Number.isNaN(value()) ? 'no-value' : null;
    },
    isQuiet: () => false,
    isPassed: (level) => limits[level]?.isPassed(value()) === true,
    isBack: (level) => limits[level]?.isBack(value()) !== false,
    value: () => {
      const angle = value();
      return Number.isNaN(angle) ? null : angle;
    },
    limit: (level) => limits[level]?.numberOf(value()) ?? null,
    coverage: () => null,
    validUntil,
    dueByTime: () => Number.POSITIVE_INFINITY,
    coverageEnd: () => Number.POSITIVE_INFINITY,
    // It needs values, which come from history.
    restore() {},
    clear() {
      values.fill(Number.NaN);
      lasts.fill(Number.NEGATIVE_INFINITY);
    },
  };
}
