import type { ModbusDevice, Timing } from './check.ts';
import { Owed } from './owed.ts';
import { OwnScale } from './own-scale.ts';
import { DEFAULT_BLOCKS, type PollPlan, planPolls } from './plan.ts';
import { Poll } from './poll.ts';
import type { SharedRows } from './rows.ts';
import { Standing } from './standing.ts';
import { ownShareOf, type Pace, shareOf } from './use.ts';

/** One device on its link, as the poller keeps it. */
export interface Unit {
  readonly device: ModbusDevice;
  readonly standing: Standing;
  readonly owed: Owed;
  readonly polls: readonly Poll[];
  /** What it says itself of its values, and the poll that asks for it. */
  own: { readonly scale: OwnScale; readonly poll: Poll } | undefined;
  /** It is only ever asked for one and the same: whichever answer comes is of that. */
  readonly hasOneQuestion: boolean;
  /** How often a request that is not answered is repeated within its poll. */
  readonly retries: number;
  /** Its rest after each reply, ms of the wire. */
  readonly turnaroundMs: number;
  /** Its values are uncertain so long after it was away, ms of the site's clock; and until when now, a tick. */
  readonly warmUpMs: number;
  warmUntil: number;
  /** A request of it is in flight, or it rests: never two to one unit. */
  busy: boolean;
  cancelRest: () => void;
  /** It was due since it was last probed. */
  wanted: boolean;
  /** Why it does not answer. */
  code: string | undefined;
  /** It is no device of the link any more: nothing is told of it. */
  isGone: boolean;
  /** Who has its address since then, and is not asked before what was asked of this one has ended. */
  heir: Unit | undefined;
}

/** What a device and its profile leave open. */
export interface LinkTiming {
  readonly timeoutMs: number;
  readonly retries?: number | undefined;
  readonly turnaroundMs?: number | undefined;
  /** The line tells replies apart by transaction numbers. */
  readonly hasNumbers: boolean;
}

export const plansOf = ({ options, points, profile }: ModbusDevice): PollPlan[] =>
  planPolls(options.address, points, profile.blocks ?? DEFAULT_BLOCKS);

/** One of a device's settings: its own, else its profile's. */
export const settingOf = ({ options, profile }: ModbusDevice, name: keyof Timing): number | undefined =>
  options[name] ?? profile[name];

export function makeUnit(device: ModbusDevice, link: LinkTiming, rows: SharedRows): Unit {
  const polls: Poll[] = [];
  const plans = plansOf(device);
  const [only] = plans;
  const unit: Unit = {
    device,
    standing: new Standing(settingOf(device, 'timeout') ?? link.timeoutMs, !link.hasNumbers),
    owed: new Owed(),
    polls,
    own: undefined,
    hasOneQuestion:
      plans.length === 1 &&
      only?.blocks.length === 1 &&
      only.greeting === only.blocks[0]?.request &&
      device.points.every(
        ({ source: { register } }) => (register.write ?? register.decimals ?? register.unit) === undefined,
      ),
    retries: settingOf(device, 'retries') ?? link.retries ?? 0,
    turnaroundMs: settingOf(device, 'turnaround') ?? link.turnaroundMs ?? 0,
    warmUpMs: device.profile.warmUp ?? 0,
    warmUntil: Number.NEGATIVE_INFINITY,
    busy: false,
    cancelRest: () => {},
    wanted: false,
    code: undefined,
    isGone: false,
    heir: undefined,
  };
  const scale = new OwnScale(device.points);
  const [plan] = plansOf({ ...device, points: scale.cells });
  if (plan !== undefined) unit.own = { scale, poll: new Poll(unit, plan, rows) };
  for (const each of plans) polls.push(new Poll(unit, each, rows));
  return unit;
}

/** What a unit did not answer may still come when the one that has its address now is asked. */
export function inherit(heir: Unit, { standing, owed }: Unit): void {
  if (!standing.isSuspect) return;
  heir.standing.doubt();
  heir.owed.takeOver(owed);
}

/** What the polls of a link's units need, as shares. */
export interface Planned {
  /** Of the link's time. */
  readonly link: number;
  /** Of the time of the unit that needs most of its own. */
  readonly unit: number;
}

export function plannedOf(units: readonly Unit[], pace: Pace): Planned {
  let [link, most] = [0, 0];
  for (const { polls, turnaroundMs } of units) {
    const plans = polls.map(({ plan }) => plan);
    link += shareOf(plans, pace);
    most = Math.max(most, ownShareOf(plans, pace, turnaroundMs));
  }
  return { link, unit: most };
}
