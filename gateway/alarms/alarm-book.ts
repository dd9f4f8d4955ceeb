import type { Finding } from '../rules/finding.ts';
import type { Action, Receipt } from './action.ts';
import type { Alarm } from './alarm.ts';
import { type LifecycleContext, NOTHING, type Step, stepAction, stepFinding } from './lifecycle.ts';

export type BookContext = Omit<LifecycleContext, 'lastClosed'>;

/** An action's answer, with what is to be made durable before it is given. */
export interface Acted {
  readonly receipt: Receipt;
  readonly step: Step;
}

/** The alarms that are not closed, one at most for a rule on a point, and how findings and actions move them. */
export class AlarmBook {
  readonly #open = new Map<string, Alarm>();
  readonly #keyOf = new Map<string, string>();
  readonly #lastClosed = new Map<string, string>();
  readonly #context: LifecycleContext;

  constructor(context: BookContext) {
    this.#context = { ...context, lastClosed: (key) => this.#lastClosed.get(key) ?? null };
  }

  /** Takes what an earlier run left; `closed` only so that new alarms know what they follow, newest first. */
  restore(open: readonly Alarm[], closed: readonly Alarm[]): void {
    for (const { watch, id } of closed.toReversed()) this.#lastClosed.set(watch.key, id);
    for (const alarm of open) this.#keep(alarm);
  }

  get open(): readonly Alarm[] {
    return [...this.#open.values()];
  }

  /** By id, or by key for the one that is open. */
  find(idOrKey: string): Alarm | null {
    return this.#open.get(this.#keyOf.get(idOrKey) ?? idOrKey) ?? null;
  }

  take(finding: Finding): Step {
    return this.#moved(stepFinding(this.#open.get(finding.watch.key) ?? null, finding, this.#context));
  }

  act(action: Action, at: number): Acted {
    const alarm = this.find(action.alarm);
    if (alarm === null) {
      const message = `no open alarm ${action.alarm}`;
      return { receipt: { status: 'refused', code: 'no-such-alarm', message }, step: NOTHING };
    }
    const step = stepAction(alarm, action, at, this.#context);
    if (step === null) return { receipt: { status: 'unchanged', alarm }, step: NOTHING };
    this.#moved(step);
    return { receipt: { status: 'done', alarm: step.alarms.at(-1) ?? alarm }, step };
  }

  #moved(step: Step): Step {
    for (const alarm of step.alarms) {
      if (alarm.closedAt === null) {
        this.#keep(alarm);
      } else {
        this.#open.delete(alarm.watch.key);
        this.#keyOf.delete(alarm.id);
        this.#lastClosed.set(alarm.watch.key, alarm.id);
      }
    }
    return step;
  }

  #keep(alarm: Alarm): void {
    this.#open.set(alarm.watch.key, alarm);
    this.#keyOf.set(alarm.id, alarm.watch.key);
  }
}
