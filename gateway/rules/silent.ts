import { encodeDuration } from '#kit/duration.ts';
import { GAP_PERIODS, type Probe, type ProbeKind, UNMEASURED } from './probe.ts';
import type { Rule } from './rule.ts';

type SilentRule = Extract<Rule, { kind: 'silent' }>;

/** `silent`: no good reading for `after`, counted from the last one, or from the start or the opening. */
export const silentKind: ProbeKind<SilentRule> = {
  describe: (rule) => `silent ${encodeDuration(rule.after)}`,
  open(rule, point): Probe {
    let last = Number.NEGATIVE_INFINITY;
    return {
      ...UNMEASURED,
      inputs: [point],
      take(_input, tick) {
        last = Math.max(last, tick);
      },
      code: () => null,
      isPassed: () => false,
      isBack: () => true,
      value: () => null,
      // Silence needs no readings to come true, but to be over for some time it does.
      validUntil: (holds) => (holds ? last + GAP_PERIODS * point.everyMs : Number.POSITIVE_INFINITY),
      dueByTime: (since) => Math.max(last, since) + rule.after,
      restore(tick) {
        last = Math.max(last, tick);
      },
      clear() {
        last = Number.NEGATIVE_INFINITY;
      },
    };
  },
};
