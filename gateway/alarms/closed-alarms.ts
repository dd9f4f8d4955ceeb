import type { Alarm } from './alarm.ts';

/** Closed alarms that a verdict may still be given on; the ledger is asked for as many at a start. */
export const MOST_CLOSED = 1000;
/** So long after it was closed. */
const VERDICT_WITHIN_MS = 30 * 86_400_000;

/** What a closed alarm is called in a recording: another run gives it another id. */
export const closedName = ({ watch, raisedAt }: Pick<Alarm, 'watch' | 'raisedAt'>): string =>
  `${watch.key}~${new Date(raisedAt).toISOString()}`;

/** The alarms that were closed last, as what came of them may be known only days after (研判). */
export class ClosedAlarms {
  readonly #byId = new Map<string, Alarm>();
  readonly #idOf = new Map<string, string>();

  put(alarm: Alarm): void {
    this.#byId.set(alarm.id, alarm);
    this.#idOf.set(closedName(alarm), alarm.id);
    if (this.#byId.size > MOST_CLOSED) this.#drop([...this.#byId.values()].reduce(older));
  }

  /** By id, or as a recording calls it. */
  find(name: string): Alarm | null {
    return this.#byId.get(name) ?? this.#byId.get(this.#idOf.get(name) ?? '') ?? null;
  }

  /** Whether a verdict may be given on it now. */
  isOpenToVerdict({ closedAt }: Alarm, at: number): boolean {
    return closedAt !== null && at - closedAt <= VERDICT_WITHIN_MS;
  }

  #drop(alarm: Alarm): void {
    this.#byId.delete(alarm.id);
    this.#idOf.delete(closedName(alarm));
  }
}

/** In the order in which the ledger gives them. */
const older = (a: Alarm, b: Alarm): Alarm =>
  a.changedAt < b.changedAt || (a.changedAt === b.changedAt && a.id < b.id) ? a : b;
