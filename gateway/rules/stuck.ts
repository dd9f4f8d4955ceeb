import { encodeDuration } from '#kit/duration.ts';
import { Extremes } from './extremes.ts';
import { GAP_PERIODS, type Probe, type ProbeKind, UNMEASURED } from './probe.ts';
import type { Rule } from './rule.ts';

type StuckRule = Extract<Rule, { kind: 'stuck' }>;

/** Fewer good readings than these do not show that a value stands still (RULES.md, section 2). */
const FEWEST = 10;
/** Decimal tenths are not whole in binary: 3.2 and 3.0 are a little more than 0.2 apart. */
const ROUNDING = 1e-9;

/** `stuck`: the value has stayed within `within` over `after` and at least 10 good readings. */
export const stuckKind: ProbeKind<StuckRule> = {
  describe: (rule) => `stuck ${encodeDuration(rule.after)}`,
  open(rule, point): Probe {
    const extremes = new Extremes(rule.after);
    /** Ticks of the newest ten readings, as a ring. */
    const ticks = new Float64Array(FEWEST).fill(Number.NEGATIVE_INFINITY);
    /** States stand for numbers here, the same state for the same one. */
    const states = new Map<string, number>();
    let count = 0;
    let value: number | string | null = null;
    let last = Number.NEGATIVE_INFINITY;
    const numberOf = (state: string): number => {
      const known = states.get(state) ?? states.size;
      states.set(state, known);
      return known;
    };
    const hasMoved = () => extremes.spread > rule.within + ROUNDING;
    const isStuck = () => extremes.isFull(last) && (ticks[count % FEWEST] ?? 0) >= last - rule.after && !hasMoved();
    return {
      ...UNMEASURED,
      inputs: [point],
      take(_input, tick, raw) {
        last = Math.max(last, tick);
        value = raw;
        ticks[count++ % FEWEST] = tick;
        extremes.push(tick, typeof raw === 'number' ? raw : numberOf(raw));
      },
      code: () => null,
      isPassed: isStuck,
      // Readings that are lost move no value: what holds goes on holding through a gap (RULES.md, section 3).
      isBack: hasMoved,
      value: () => value,
      validUntil: () => last + GAP_PERIODS * point.everyMs,
      restore(tick) {
        last = Math.max(last, tick);
      },
      clear() {
        extremes.clear();
        ticks.fill(Number.NEGATIVE_INFINITY);
        count = 0;
        value = null;
      },
    };
  },
};
