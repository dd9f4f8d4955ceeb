import { isVital, type Watch } from '../rules/finding.ts';

import type { Action } from './action.ts';
import type { Alarm } from './alarm.ts';
import type { Why } from './cover.ts';
import type { Refused } from './lifecycle.ts';
import type { AlarmSettings } from './settings.ts';
import { type End, MOST_STANDING, type Standing } from './standing.ts';
import type { STANDING_TYPES, StandingData } from './standing-event.ts';

export type StandingAction = Extract<
  Action,
  {
    readonly kind: 'shelve' | 'unshelve' | 'out-of-service' | 'in-service' | 'work-order' | 'end-work-order';
  }
>;

/** Something stands otherwise now: when it ends by itself, how it is told, and why its alarms are announced otherwise. */
export interface Stood {
  readonly on: string;
  readonly type: keyof typeof STANDING_TYPES;
  /** The name under which it is due, and when; Infinity: it does not end by itself. */
  readonly due: { readonly name: string; readonly tick: number };
  /** Beside `on` and why. */
  readonly said: Partial<Pick<StandingData, 'owner' | 'order' | 'once' | 'until'>>;
  readonly why: Why;
}

export interface StandingContext {
  readonly standing: Standing;
  readonly settings: AlarmSettings;
  tickOf(at: number): number;
  encodeTime(at: number): string;
  /** What a rule says of a point, by its key; null: no rule is on it. */
  watchOf(key: string): Watch | null;
  /** Whether a rule is on a point of this device, or on this point. */
  isKnown(on: string): boolean;
}

const HOUR_MS = 3_600_000;
const never = (name: string) => ({ name, tick: Number.POSITIVE_INFINITY });
export const SHELF = 'shelf:';
export const SERVICE = 'service:';
export const ORDER = 'order:';

const tooLong = (what: string, mostMs: number): Refused => ({
  code: 'too-long',
  message: `${what} lasts at most ${mostMs / HOUR_MS} h on this site`,
});
const tooMany = (what: string): Refused => ({
  code: 'too-many',
  message: `there are ${MOST_STANDING} ${what} already`,
});
const unknown = (on: string): Refused => ({
  code: 'unknown',
  message: `no rule is on a device or point ${on}`,
});

/** What people say of a key or a device for a time. `alarm`: the one that is open, of a shelf. `null`: it is so already. */
export function takeStanding(
  action: StandingAction,
  alarm: Alarm | null,
  at: number,
  context: StandingContext,
): Stood | Refused | null {
  const { standing, settings } = context;
  const end = (forMs: number): End => ({ until: at + forMs, untilTick: context.tickOf(at) + forMs });
  const { by, note = null } = action;
  const why = { by, note };
  switch (action.kind) {
    case 'shelve': {
      const watch = alarm?.watch ?? context.watchOf(action.alarm);
      if (watch === null) return noSuchKey(action.alarm);
      if (isVital(watch)) return { code: 'never-shelved', message: 'an alarm of smoke or gas is never shelved' };
      const { key } = watch;
      const { forMs = settings.shelveAtMostMs, once } = action;
      if (forMs > settings.shelveAtMostMs) return tooLong('a shelf', settings.shelveAtMostMs);
      if (standing.shelves.size >= MOST_STANDING && !standing.shelves.get(key)) return tooMany('shelves');
      const ends = end(forMs);
      const level = alarm?.level ?? null;
      standing.shelves.set(key, { key, by, note: action.note, at, once, level, ...ends });
      const said = { once, until: context.encodeTime(ends.until) };
      return { on: key, type: 'shelved', due: { name: SHELF + key, tick: ends.untilTick }, said, why };
    }
    case 'unshelve': {
      const key = alarm?.watch.key ?? action.alarm;
      if (standing.shelves.get(key) !== undefined) return endShelf(key, standing, why);
      return alarm === null && context.watchOf(key) === null ? noSuchKey(key) : null;
    }
    case 'out-of-service': {
      const { on, owner, forMs } = action;
      if (!context.isKnown(on)) return unknown(on);
      if (standing.outOfService.size >= MOST_STANDING && !standing.outOfService.get(on))
        return tooMany('things out of service');
      const ends = forMs === undefined ? null : end(forMs);
      standing.outOfService.set(on, { on, by, owner, note: action.note, at, end: ends });
      const said = { owner, until: ends === null ? null : context.encodeTime(ends.until) };
      const due = { name: SERVICE + on, tick: ends?.untilTick ?? Number.POSITIVE_INFINITY };
      return { on, type: 'outOfService', due, said, why };
    }
    case 'in-service':
      if (standing.outOfService.get(action.on) !== undefined) return endService(action.on, standing, why);
      return context.isKnown(action.on) ? null : unknown(action.on);
    case 'work-order': {
      const { on, order, forMs } = action;
      if (!context.isKnown(on)) return unknown(on);
      if (forMs > settings.workOrderAtMostMs) return tooLong('a work order', settings.workOrderAtMostMs);
      if (standing.workOrders.size >= MOST_STANDING && !standing.workOrders.get(on)) return tooMany('work orders');
      const ends = end(forMs);
      standing.workOrders.set(on, { on, order, by, note, at, ...ends });
      const said = { order, until: context.encodeTime(ends.until) };
      return { on, type: 'workOrder', due: { name: ORDER + on, tick: ends.untilTick }, said, why };
    }
    case 'end-work-order':
      if (standing.workOrders.get(action.on) !== undefined) return endOrder(action.on, standing, why);
      return context.isKnown(action.on) ? null : unknown(action.on);
    default:
      return action satisfies never;
  }
}

const noSuchKey = (key: string): Refused => ({
  code: 'no-such-alarm',
  message: `no alarm ${key} is open, and no rule is on such a point`,
});

export function endShelf(key: string, { shelves }: Standing, why: Why): Stood {
  shelves.delete(key);
  return { on: key, type: 'unshelved', due: never(SHELF + key), said: {}, why };
}

export function endService(on: string, { outOfService }: Standing, why: Why): Stood {
  const owner = outOfService.get(on)?.owner ?? null;
  outOfService.delete(on);
  return { on, type: 'inService', due: never(SERVICE + on), said: { owner }, why };
}

export function endOrder(on: string, { workOrders }: Standing, why: Why): Stood {
  const order = workOrders.get(on)?.order ?? null;
  workOrders.delete(on);
  return { on, type: 'workOrderEnded', due: never(ORDER + on), said: { order }, why };
}
