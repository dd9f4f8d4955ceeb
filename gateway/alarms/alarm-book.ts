import type { Finding } from '../rules/finding.ts';
import type { Action, Receipt } from './action.ts';
import type { Alarm } from './alarm.ts';
import { isRefused, type LifecycleContext, NOTHING, type Step, stepAction, stepFinding } from './lifecycle.ts';
import { dueOf, shiftResponse } from './response.ts';
import { escalate } from './response-steps.ts';

export type BookContext = Omit<LifecycleContext, 'lastClosed' | 'lastClosedAt' | 'plan'> &
  Partial<Pick<LifecycleContext, 'plan'>>;

/** An action's answer, with what is to be made durable before it is given. */
export interface Acted {
  readonly receipt: Receipt;
  readonly step: Step;
}

/** The alarms that are not closed, one at most for a rule on a point, and how findings and actions move them. */
export class AlarmBook {
  readonly #open = new Map<string, Alarm>();
  readonly #keyOf = new Map<string, string>();
  readonly #lastClosed = new Map<string, { readonly id: string; readonly at: number | null }>();
  readonly #context: LifecycleContext;
  /** The nearest of what is due; null: an alarm has changed since it was looked for. */
  #due: number | null = null;

  constructor(context: BookContext) {
    this.#context = {
      plan: () => null,
      ...context,
      lastClosed: (key) => this.#lastClosed.get(key)?.id ?? null,
      lastClosedAt: (key) => this.#lastClosed.get(key)?.at ?? null,
    };
  }

  /** Takes what an earlier run left; `closed` only so that new alarms know what they follow, newest first. Stored ticks are moved on by `shift`. */
  restore(open: readonly Alarm[], closed: readonly Alarm[], shift = 0): void {
    for (const { watch, id, closedAt } of closed.toReversed()) this.#lastClosed.set(watch.key, { id, at: closedAt });
    for (const alarm of open) this.#keep(shifted(alarm, shift));
    this.#due = null;
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

  /** When something is due by itself, on the tick line: a step that is late, a shelf that ends. */
  nextDue(): number {
    if (this.#due === null) {
      this.#due = Number.POSITIVE_INFINITY;
      for (const alarm of this.#open.values()) this.#due = Math.min(this.#due, dueOf(alarm));
    }
    return this.#due;
  }

  /** What is due by then, each at its own time. */
  advance(tick: number): Step {
    const found: { readonly due: number; readonly step: Step }[] = [];
    for (const { id } of [...this.#open.values()]) {
      // While it was off, more than one may have become due.
      for (let due = this.#dueOf(id); due <= tick; due = this.#dueOf(id)) {
        const alarm = this.find(id);
        if (alarm !== null) found.push({ due, step: this.#moved(escalate(alarm, this.#context)) });
      }
    }
    if (found.length === 0) return NOTHING;
    const steps = found.sort((a, b) => a.due - b.due).map(({ step }) => step);
    return { alarms: steps.flatMap(({ alarms }) => alarms), events: steps.flatMap(({ events }) => events) };
  }

  #dueOf(id: string): number {
    const alarm = this.find(id);
    return alarm === null ? Number.POSITIVE_INFINITY : dueOf(alarm);
  }

  act(action: Action, at: number): Acted {
    if ('on' in action || action.kind === 'shelve' || action.kind === 'unshelve') {
      const message = `${action.kind} is not known here`;
      return { receipt: { status: 'refused', code: 'unknown', message }, step: NOTHING };
    }
    const alarm = this.find(action.alarm);
    if (alarm === null) {
      const message = `no open alarm ${action.alarm}`;
      return { receipt: { status: 'refused', code: 'no-such-alarm', message }, step: NOTHING };
    }
    const step = stepAction(alarm, action, at, this.#context);
    if (step === null) return { receipt: { status: 'unchanged', alarm }, step: NOTHING };
    if (isRefused(step)) return { receipt: { status: 'refused', ...step }, step: NOTHING };
    this.#moved(step);
    return { receipt: { status: 'done', alarm: step.alarms.at(-1) ?? alarm }, step };
  }

  #moved(step: Step): Step {
    if (step.alarms.length > 0) this.#due = null;
    for (const alarm of step.alarms) {
      if (alarm.closedAt === null) {
        this.#keep(alarm);
      } else {
        this.#open.delete(alarm.watch.key);
        this.#keyOf.delete(alarm.id);
        this.#lastClosed.set(alarm.watch.key, { id: alarm.id, at: alarm.closedAt });
      }
    }
    return step;
  }

  #keep(alarm: Alarm): void {
    this.#open.set(alarm.watch.key, alarm);
    this.#keyOf.set(alarm.id, alarm.watch.key);
  }
}

const shifted = (alarm: Alarm, shift: number): Alarm =>
  shift === 0 || alarm.response === undefined ? alarm : { ...alarm, response: shiftResponse(alarm.response, shift) };
