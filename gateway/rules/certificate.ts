import type { RulePoint } from './point.ts';
import { GAP_PERIODS, type Probe } from './probe.ts';
import type { Rule } from './rule.ts';
import { levelsOf } from './rule-levels.ts';
import { Threshold } from './threshold.ts';

type LimitRule = Extract<Rule, { kind: 'limit' }>;

const DAY_MS = 86_400_000;

/**
 * `measure: { kind: certificate }`: days until the certificate of the point's device has run out, looked at when it is
 * read. One without a date never runs out.
 */
export function openCertificate(rule: LimitRule, point: RulePoint, leftMs: (tick: number) => number): Probe {
  const limits = levelsOf(rule.levels).map(([, limit]) => new Threshold(limit, rule.clear.by));
  let days = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  return {
    inputs: [point],
    take(_input, tick) {
      last = Math.max(last, tick);
      days = leftMs(tick) / DAY_MS;
    },
    code: () => null,
    isQuiet: () => false,
    isPassed: (level) => limits[level]?.isPassed(days) === true,
    isBack: (level) => limits[level]?.isBack(days) !== false,
    value: () => (Number.isFinite(days) ? days : null),
    limit: (level) => limits[level]?.numberOf(days) ?? null,
    coverage: () => null,
    validUntil: () => last + GAP_PERIODS * point.everyMs,
    dueByTime: () => Number.POSITIVE_INFINITY,
    coverageEnd: () => Number.POSITIVE_INFINITY,
    restore(tick) {
      last = Math.max(last, tick);
    },
    clear() {
      days = Number.POSITIVE_INFINITY;
    },
  };
}
