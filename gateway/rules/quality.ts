import { GAP_PERIODS, type Probe, type ProbeKind, UNMEASURED } from './probe.ts';
import type { Rule } from './rule.ts';
import { levelsOf } from './rule-levels.ts';

type QualityRule = Extract<Rule, { kind: 'quality' }>;

/** `quality`: the point's readings are not good, for one of the reasons named (`out-of-range`, `no-value`, `flag-D`). */
export const qualityKind: ProbeKind<QualityRule> = {
  describe: () => 'quality',
  open(rule, point): Probe {
    const names = levelsOf(rule.levels).map(([, { is }]) => new Set(is));
    let code: string | null = null;
    let last = Number.NEGATIVE_INFINITY;
    const isNamed = (level: number) => code !== null && names[level]?.has(code) === true;
    return {
      ...UNMEASURED,
      inputs: [point],
      take(_input, tick) {
        last = Math.max(last, tick);
        code = null;
      },
      miss(tick, why) {
        last = Math.max(last, tick);
        code = why;
      },
      code: () => null,
      isPassed: isNamed,
      isBack: (level) => !isNamed(level),
      value: () => code,
      // Whatever was read bears it, good or not.
      validUntil: () => last + GAP_PERIODS * point.everyMs,
      restore(tick) {
        last = Math.max(last, tick);
      },
      clear() {
        code = null;
      },
    };
  },
};
