import type { ModbusDevice } from './check.ts';
import { DEFAULT_BLOCKS, type ModbusPoint, type PollPlan, planPolls } from './plan.ts';
import type { Standing } from './standing.ts';

/** One device on its link, as the poller keeps it. */
export interface Unit {
  readonly device: ModbusDevice;
  readonly standing: Standing;
  readonly polls: readonly Poll[];
  /** A request of it is in flight, or it rests: never two to one unit. */
  busy: boolean;
  cancelRest: () => void;
  /** It was due since it was last probed. */
  wanted: boolean;
  /** Why it does not answer. */
  code: string | undefined;
}

/** What is read of a unit at one period. */
export interface Poll {
  readonly unit: Unit;
  readonly plan: PollPlan;
  /** Those of its blocks, in order. */
  readonly points: readonly ModbusPoint[];
  state: 'resting' | 'waiting' | 'running';
  /** Given as bad since its unit was away: to be read as soon as it is back. */
  owed: boolean;
}

export function makeUnit(device: ModbusDevice, standing: Standing): Unit {
  const polls: Poll[] = [];
  const unit: Unit = { device, standing, polls, busy: false, cancelRest: () => {}, wanted: false, code: undefined };
  for (const plan of planPolls(device.options.address, device.points, device.profile.blocks ?? DEFAULT_BLOCKS)) {
    const points = plan.blocks.flatMap((block) => block.points);
    polls.push({ unit, plan, points, state: 'resting', owed: false });
  }
  return unit;
}
