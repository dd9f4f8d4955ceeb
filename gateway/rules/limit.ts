import { describeMeasure, WindowMeasure } from './measure.ts';
import type { NoiseFloor } from './noise-floor.ts';
import type { RulePoint } from './point.ts';
import { GAP_PERIODS, type Probe } from './probe.ts';
import type { Rule } from './rule.ts';
import { levelsOf } from './rule-levels.ts';
import { Threshold } from './threshold.ts';

type LimitRule = Extract<Rule, { kind: 'limit' }>;

export const describeLimit = (rule: LimitRule): string => describeMeasure(rule.measure);

/** `limit`: a measure of the point, or what it is above the point's own background, is beyond a level's limit. */
export function openLimit(rule: LimitRule, point: RulePoint, floor: NoiseFloor | null): Probe {
  const limits = levelsOf(rule.levels).map(([, limit]) => new Threshold(limit, rule.clear.by));
  const window = 'over' in rule.measure ? new WindowMeasure(rule.measure, point.everyMs) : null;
  const high = Math.min(...limits.map((limit) => limit.high));
  const low = Math.max(...limits.map((limit) => limit.low));
  let value = Number.NaN;
  let last = Number.NEGATIVE_INFINITY;
  /** The newest that a saved window holds. */
  let savedTo = Number.NEGATIVE_INFINITY;
  const isSaved = window !== null && point.derived !== undefined;
  return {
    inputs: [point],
    take(_input, tick, raw) {
      last = Math.max(last, tick);
      const number = typeof raw === 'number' ? raw : Number.NaN;
      if (window === null) {
        value = number;
        return;
      }
      if (!Number.isNaN(number) && tick > savedTo) window.push(tick, number);
      value = window.value() - (floor?.level ?? 0);
    },
    code(tick, since) {
      if (floor !== null && Number.isNaN(floor.level)) return 'background';
      if (window === null) return Number.isNaN(value) ? 'no-value' : null;
      if (window.isCovered() && !Number.isNaN(value)) return null;
      return tick - since < window.overMs ? 'filling' : 'coverage';
    },
    isQuiet: () => floor === null && (window === null || window.isCovered()) && value <= high && value >= low,
    isPassed: (level) => limits[level]?.isPassed(value) === true,
    isBack: (level) => limits[level]?.isBack(value) !== false,
    value: () => (Number.isFinite(value) ? value : null),
    limit: (level) => limits[level]?.numberOf(value) ?? null,
    coverage: () => (window === null ? null : Math.min(1, window.coverage())),
    validUntil: () => last + GAP_PERIODS * point.everyMs,
    dueByTime: () => Number.POSITIVE_INFINITY,
    coverageEnd: (since) => window?.coverageEnd(since) ?? Number.POSITIVE_INFINITY,
    restore(tick) {
      last = Math.max(last, tick);
    },
    clear() {
      window?.clear();
      value = Number.NaN;
    },
    saveWindow: () => (isSaved ? window.save() : undefined),
    restoreWindow(saved, shift) {
      window?.restore(saved, shift);
      savedTo = (saved.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY) + shift;
      value = window?.value() ?? Number.NaN;
    },
  };
}
