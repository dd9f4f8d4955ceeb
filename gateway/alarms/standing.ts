import { compareLevels, type Level, type Watch } from '../rules/finding.ts';
import { KeptStates, type StateRow } from './kept-states.ts';

/** When something ends by itself: UTC ms as it was told, and on the tick line, which counts. */
export interface End {
  readonly until: number;
  readonly untilTick: number;
}

/** An alarm's key that is shelved (暂时搁置), by whom and why. */
export interface Shelf extends End {
  readonly key: string;
  readonly by: string;
  readonly note: string;
  readonly at: number;
  /** Until the alarm has returned once, if that is earlier. */
  readonly once: boolean;
  /** The level that was seen then: a higher one is news, as it would be of an alarm of its own (HI, HIHI). Null: any. */
  readonly level: Level | null;
}

/** A device, or one of its points, that is out of service (停用), and whose it is meanwhile. */
export interface OutOfService {
  readonly on: string;
  readonly by: string;
  readonly owner: string;
  readonly note: string;
  readonly at: number;
  /** Null: until it is put in service again. */
  readonly end: End | null;
}

/** A device that is opened or worked on under an order (授权开启). */
export interface WorkOrder extends End {
  readonly on: string;
  readonly order: string;
  readonly by: string;
  readonly note: string | null;
  readonly at: number;
}

/** Of each kind. */
export const MOST_STANDING = 10_000;

const later = <E extends End>(end: E, shift: number): E => ({ ...end, untilTick: end.untilTick + shift });

/** What people have said of alarms for a time: stored by what it is on, not with the alarms, which look it up. */
export class Standing {
  readonly shelves = new KeptStates<Shelf>('alarms:shelf:');
  readonly outOfService = new KeptStates<OutOfService>('alarms:service:');
  readonly workOrders = new KeptStates<WorkOrder>('alarms:order:');

  shelf(key: string): Shelf | undefined {
    return this.shelves.get(key);
  }

  /** Whether its shelf, if any, is of this level too. */
  isShelved(key: string, level: Level): boolean {
    const shelf = this.shelves.get(key);
    return shelf !== undefined && (shelf.level === null || compareLevels(level, shelf.level) <= 0);
  }

  serviceOf({ device, point }: Pick<Watch, 'device' | 'point'>): OutOfService | undefined {
    return this.outOfService.get(device) ?? this.outOfService.get(`${device}/${point}`);
  }

  orderOf({ device, point }: Pick<Watch, 'device' | 'point'>): WorkOrder | undefined {
    return this.workOrders.get(device) ?? this.workOrders.get(`${device}/${point}`);
  }

  save(): StateRow[] {
    return [...this.shelves.save(), ...this.outOfService.save(), ...this.workOrders.save()];
  }

  restore(saved: ReadonlyMap<string, object>, shift: number): void {
    this.shelves.restore(saved, shift, (shelf) => later(shelf, shift));
    this.workOrders.restore(saved, shift, (order) => later(order, shift));
    this.outOfService.restore(saved, shift, (out) => ({ ...out, end: out.end && later(out.end, shift) }));
  }
}
