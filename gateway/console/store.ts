import { useSyncExternalStore } from 'react';
import type { AnswerView } from '../api/context.ts';
import type { PeopleView, PlanView, RuleView } from '../api/people-desk.ts';
import type { GatewayStatus, Links, ListedAlarm, ListedPoint, LiveReading, LogEntry, Site, Upstreams } from './api.ts';

/** `live` only while the stream is open and the lists were fetched after it opened. */
export type Connection = 'connecting' | 'live' | 'lost';

/** All that the page knows of the gateway. Null: not told yet. */
export interface Known {
  readonly connection: Connection;
  /** Site time of the last word from the gateway, UTC ms. */
  readonly heardAt: number | null;
  readonly site: Site | null;
  /** Alarms that are not closed. */
  readonly alarms: readonly ListedAlarm[] | null;
  readonly points: ReadonlyMap<string, ListedPoint>;
  readonly answers: readonly AnswerView[];
  /** Who may be sent and called, by which ways. */
  readonly people: PeopleView;
  readonly plans: readonly PlanView[];
  readonly rules: readonly RuleView[];
  /** Newest first, at most `MOST_ENTRIES`. */
  readonly entries: readonly LogEntry[];
  readonly links: Links;
  readonly upstreams: Upstreams;
  readonly health: GatewayStatus['health'] | null;
  readonly ledger: GatewayStatus['ledger'] | null;
  /** The newest raise or rise, to be read out. */
  readonly newest: LogEntry | null;
}

export const MOST_ENTRIES = 200;

const NOTHING: Known = {
  connection: 'connecting',
  heardAt: null,
  site: null,
  alarms: null,
  points: new Map(),
  answers: [],
  people: { contacts: [], teams: [], channels: [] },
  plans: [],
  rules: [],
  entries: [],
  links: {},
  upstreams: {},
  health: null,
  ledger: null,
  newest: null,
};

let known = NOTHING;
const listeners = new Set<() => void>();
const readingListeners = new Set<(batch: readonly LiveReading[]) => void>();

export const store = {
  get: (): Known => known,
  set(change: Partial<Known>): void {
    known = { ...known, ...change };
    for (const listener of listeners) listener();
  },
  /** Forgets everything: what one person saw must not be there for the next who signs in. */
  clear(): void {
    store.set(NOTHING);
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  /** Each point's newest reading; unknown points are left out until the list is fetched again. */
  takeReadings(batch: readonly LiveReading[]): void {
    const points = new Map(known.points);
    for (const reading of batch) {
      const point = points.get(reading.point);
      if (point !== undefined) points.set(reading.point, { ...point, last: reading });
    }
    store.set({ points });
    for (const listener of readingListeners) listener(batch);
  },
  /** Every batch, for charts; returns the way to stop it. */
  onReadings(listener: (batch: readonly LiveReading[]) => void): () => void {
    readingListeners.add(listener);
    return () => readingListeners.delete(listener);
  },
  /** Adds entries, each once by its number, newest first. */
  takeEntries(more: readonly LogEntry[]): void {
    const bySequence = new Map(known.entries.map((entry) => [entry.sequence, entry]));
    for (const entry of more) bySequence.set(entry.sequence, entry);
    const entries = [...bySequence.values()].sort((a, b) => Number(b.sequence) - Number(a.sequence));
    store.set({ entries: entries.slice(0, MOST_ENTRIES) });
  },
  /** Puts one alarm in its place in the list, or takes it out when it is closed. */
  takeAlarm(alarm: ListedAlarm): void {
    const others = (known.alarms ?? []).filter((other) => other.id !== alarm.id);
    store.set({ alarms: alarm.closedAt === null ? [...others, alarm] : others });
  },
};

/** What `select` takes of the known; it must give the same object while nothing of it changed. */
export function useKnown<T>(select: (known: Known) => T): T {
  return useSyncExternalStore(store.subscribe, () => select(known));
}
