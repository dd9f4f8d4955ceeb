import { isTest } from './detector.ts';
import { GAP_PERIODS, type Probe, type ProbeKind, UNMEASURED } from './probe.ts';
import type { Rule } from './rule.ts';
import { levelsOf } from './rule-levels.ts';

type StateRule = Extract<Rule, { kind: 'state' }>;

/** `state`: the point's state is one of those named. */
export const stateKind: ProbeKind<StateRule> = {
  describe: () => 'state',
  open(rule, point): Probe {
    const names = levelsOf(rule.levels).map(
      ([, { is }]) => new Set(is.filter((name) => !isTest(point.quantity, name))),
    );
    const all = new Set(names.flatMap((each) => [...each]));
    let state: string | null = null;
    let last = Number.NEGATIVE_INFINITY;
    const isNamed = (level: number) => state !== null && names[level]?.has(state) === true;
    return {
      ...UNMEASURED,
      inputs: [point],
      take(_input, tick, raw) {
        last = Math.max(last, tick);
        state = String(raw);
      },
      code: () => (state === null ? 'no-value' : null),
      isQuiet: (held) => held === 0 && state !== null && !all.has(state),
      isPassed: isNamed,
      isBack: (level) => !isNamed(level),
      value: () => state,
      validUntil: () => last + GAP_PERIODS * point.everyMs,
      restore(tick) {
        last = Math.max(last, tick);
      },
      clear() {
        state = null;
      },
    };
  },
};
