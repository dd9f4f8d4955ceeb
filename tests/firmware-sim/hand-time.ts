import type { SimTime } from '../../firmware-sim/sim-time.ts';
import { until } from '../tools/program.ts';

/** A scenario's time that the test moves: what sleeps until a time wakes when it is reached. */
export function handTime(start: number): SimTime & { set(at: number): void } {
  let at = start;
  return {
    now: () => at,
    set: (to) => {
      at = to;
    },
    sleepUntil: (to, signal) =>
      until(() => {
        signal.throwIfAborted();
        return at >= to;
      }, 'the time').then(() => {}),
  };
}
