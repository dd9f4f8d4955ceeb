import type { Zone } from '#kit/zone.ts';
import { type DayWindow, type Effective, type InForce, inForceAt } from './calendar.ts';
import type { RuleWatch } from './rule-watch.ts';

/** A window and an effective range that several rules share: whether they are in force now, and until when. */
export class Schedule {
  /** Of the rules at work. */
  watches: readonly RuleWatch[] = [];
  readonly #zone: Zone;
  readonly #window: DayWindow | null;
  readonly #effective: Effective | undefined;
  #now: InForce;

  constructor(zone: Zone, window: DayWindow | null, effective: Effective | undefined, at: number) {
    this.#zone = zone;
    this.#window = window;
    this.#effective = effective;
    this.#now = inForceAt(zone, window, effective, at);
  }

  get now(): InForce {
    return this.#now;
  }

  /** Why what is active returns when this ceases by itself. */
  get reason(): string {
    return this.#window === null ? 'not-in-force' : 'window-closed';
  }

  /** Looks at the calendar anew; says whether what was in force is no longer so (an opening closed, another one began). */
  move(at: number): { readonly ceased: boolean; readonly began: boolean } {
    const before = this.#now;
    this.#now = inForceAt(this.#zone, this.#window, this.#effective, at);
    const same = before.inForce === this.#now.inForce && before.opening?.from === this.#now.opening?.from;
    return { ceased: !same && before.inForce, began: !same && this.#now.inForce };
  }
}
