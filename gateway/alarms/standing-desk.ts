import type { Level } from '../rules/finding.ts';
import type { Acted } from './alarm-book.ts';
import type { AlarmIndex } from './alarm-index.ts';
import type { Why } from './cover.ts';
import type { DueQueue } from './due-queue.ts';
import type { Standing } from './standing.ts';
import {
  endOrder,
  endService,
  endShelf,
  ORDER,
  SERVICE,
  SHELF,
  type StandingAction,
  type StandingContext,
  type Stood,
  takeStanding,
} from './standing-actions.ts';
import { tellStanding } from './standing-event.ts';
import { joined, NOTHING, type Step, telling } from './step.ts';

/** What the desk has of the book that it belongs to. */
export interface DeskParts {
  readonly standing: Standing;
  readonly alarms: AlarmIndex;
  readonly due: DueQueue;
  context(): StandingContext & Parameters<typeof tellStanding>[3];
  /** What keeps an alarm from people may be otherwise: what is, is told. */
  lookAgain(key: string, at: number, why: Why): Step;
}

/** Takes what people say for a time, ends it when it is due, and has the alarms that it is on looked at anew. */
export class StandingDesk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** All that ends by itself is due at its end; after a restart. */
  arm(): void {
    const { standing, due } = this.#parts;
    for (const { key, untilTick } of standing.shelves.values()) due.set(SHELF + key, untilTick);
    for (const { on, untilTick } of standing.workOrders.values()) due.set(ORDER + on, untilTick);
    for (const { on, end } of standing.outOfService.values()) {
      due.set(SERVICE + on, end?.untilTick ?? Number.POSITIVE_INFINITY);
    }
  }

  act(action: StandingAction, at: number): Acted {
    const { alarms } = this.#parts;
    const alarm = 'alarm' in action ? alarms.find(action.alarm) : null;
    const outcome = takeStanding(action, alarm, at, this.#parts.context());
    if (outcome === null) return { receipt: { status: 'unchanged', alarm }, step: NOTHING };
    if ('code' in outcome) return { receipt: { status: 'refused', ...outcome }, step: NOTHING };
    const step = this.#stood(outcome, at);
    return { receipt: { status: 'done', alarm: alarm === null ? null : alarms.find(alarm.id) }, step };
  }

  /** One of these is due; null where the name is none of theirs. `toldAt`: when it ends, by when that was told to be. */
  come(name: string, toldAt: (told: number | undefined) => number): Step | null {
    const { standing } = this.#parts;
    const of = name.slice(name.indexOf(':') + 1);
    const why = { reason: 'expired' };
    if (name.startsWith(SHELF)) {
      const at = toldAt(standing.shelves.get(of)?.until);
      return this.#stood(endShelf(of, standing, why), at);
    }
    if (name.startsWith(SERVICE)) {
      const at = toldAt(standing.outOfService.get(of)?.end?.until);
      return this.#stood(endService(of, standing, why), at);
    }
    if (name.startsWith(ORDER)) {
      const at = toldAt(standing.workOrders.get(of)?.until);
      return this.#stood(endOrder(of, standing, why), at);
    }
    return null;
  }

  /** A shelf is of the level that was seen: a higher one ends it. */
  risen(key: string, level: Level, at: number): Step {
    const { standing } = this.#parts;
    if (standing.shelf(key) === undefined || standing.isShelved(key, level)) return NOTHING;
    return this.#stood(endShelf(key, standing, { reason: 'level' }), at);
  }

  /** A one-shot shelf ends when its alarm has returned. */
  returned({ alarms, events }: Step, at: number): Step {
    const { standing } = this.#parts;
    const key = alarms.at(-1)?.watch.key ?? '';
    if (standing.shelf(key)?.once !== true) return NOTHING;
    const hasReturned = events.some(
      ({ data: { condition, previousLevel } }) => condition === 'normal' && previousLevel !== null,
    );
    return hasReturned ? this.#stood(endShelf(key, standing, { reason: 'returned' }), at) : NOTHING;
  }

  /** Told once for what it is on, and for each alarm that is open there; a shelf is told by its alarm, if it is open. */
  #stood({ on, type, due, said, why }: Stood, at: number): Step {
    const { alarms, lookAgain, context } = this.#parts;
    this.#parts.due.set(due.name, due.tick);
    const isShelf = type === 'shelved' || type === 'unshelved';
    const keys = isShelf ? [on] : alarms.keysOn(on);
    const isTold = !isShelf || alarms.get(on) === null;
    const entry = tellStanding(type, at, { on, ...said, ...why }, context());
    return joined([isTold ? telling([entry]) : NOTHING, ...keys.map((key) => lookAgain(key, at, why))]);
  }
}
