import type { Action } from './action.ts';
import type { Alarm } from './alarm.ts';
import type { Acted } from './alarm-book.ts';
import { isRefused, type LifecycleContext, stepAction } from './lifecycle.ts';
import { NOTHING } from './step.ts';

/** Closed alarms that a verdict may still be given on; the ledger is asked for as many at a start. */
export const MOST_CLOSED = 1000;
/** So long after it was closed. */
const VERDICT_WITHIN_MS = 30 * 86_400_000;

/** What a closed alarm is called in a recording: another run gives it another id. */
export const closedName = ({ watch, raisedAt }: Pick<Alarm, 'watch' | 'raisedAt'>): string =>
  `${watch.key}~${new Date(raisedAt).toISOString()}`;

/** The alarms that were closed last: what comes later follows them, and what came of them may be known only days after (研判). */
export class ClosedAlarms {
  readonly #byId = new Map<string, Alarm>();
  readonly #idOf = new Map<string, string>();
  /** The last one of each key. */
  readonly #last = new Map<string, { readonly id: string; readonly at: number | null }>();

  /** The last one of its key. */
  last(key: string): { readonly id: string; readonly at: number | null } | null {
    return this.#last.get(key) ?? null;
  }

  /** It is followed by what comes later under its key. */
  note({ watch, id, closedAt }: Alarm): void {
    this.#last.set(watch.key, { id, at: closedAt });
  }

  /** As `note`, and it may be judged. */
  put(alarm: Alarm): void {
    this.note(alarm);
    this.#keep(alarm);
  }

  /** By id, or as a recording calls it. */
  find(name: string): Alarm | null {
    return this.#byId.get(name) ?? this.#byId.get(this.#idOf.get(name) ?? '') ?? null;
  }

  /** What it turned out to be. It stays closed, and nothing else of it changes. */
  judge(alarm: Alarm, action: Action & { readonly kind: 'verdict' }, at: number, context: LifecycleContext): Acted {
    const { closedAt } = alarm;
    if (closedAt === null || at - closedAt > VERDICT_WITHIN_MS) {
      const message = 'it was closed too long ago for a verdict: more than 30 days';
      return { receipt: { status: 'refused', code: 'closed', message }, step: NOTHING };
    }
    const step = stepAction(alarm, action, at, context);
    if (step === null || isRefused(step)) return { receipt: { status: 'unchanged', alarm }, step: NOTHING };
    const judged = step.alarms.at(-1) ?? alarm;
    this.#keep(judged);
    return { receipt: { status: 'done', alarm: judged }, step };
  }

  #keep(alarm: Alarm): void {
    this.#byId.set(alarm.id, alarm);
    this.#idOf.set(closedName(alarm), alarm.id);
    if (this.#byId.size > MOST_CLOSED) this.#drop([...this.#byId.values()].reduce(older));
  }

  #drop(alarm: Alarm): void {
    this.#byId.delete(alarm.id);
    this.#idOf.delete(closedName(alarm));
  }
}

/** In the order in which the ledger gives them. */
const older = (a: Alarm, b: Alarm): Alarm =>
  a.changedAt < b.changedAt || (a.changedAt === b.changedAt && a.id < b.id) ? a : b;
