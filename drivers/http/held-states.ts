import type { Clock } from '#kit/clock.ts';
import type { UntimedReading } from '../reading.ts';
import type { Held } from './device-reader.ts';
import type { HttpDevice } from './kind.ts';

type HeldPoint = HttpDevice['points'][number];

interface Entry {
  readonly point: HeldPoint;
  readonly holdMs: number;
  readonly rest: string;
  /** The state of the last event, until when it holds (ticks), and when that was, as its device says. */
  now: { readonly state: string; readonly until: number; readonly deviceAt?: number | undefined } | undefined;
}

/** What is kept over a restart: point → its state and until when, UTC milliseconds. */
export type KeptStates = Readonly<Record<string, { readonly state: string; readonly until: number }>>;

/**
 * States of events that have no end: each goes back to its rest once no event came for so long. A point of events has a
 * reading with every message of its device, so that one that says nothing but that it lives is heard too.
 */
export class HeldStates implements Disposable {
  #entries: ReadonlyMap<string, Entry>;
  readonly #clock: Clock;
  readonly #onRest: (readings: readonly UntimedReading[]) => void;
  readonly #onChange: (isNews: boolean) => void;
  #cancel = () => {};

  /**
   * `onRest` takes the readings of states that have run out, `onChange` is called when what should be kept has changed: with
   * news where a state begins or an event ends one, without where it is only until when it holds.
   */
  constructor(
    points: readonly HeldPoint[],
    clock: Clock,
    onRest: (readings: readonly UntimedReading[]) => void,
    onChange: (isNews: boolean) => void,
  ) {
    this.#clock = clock;
    this.#onRest = onRest;
    this.#onChange = onChange;
    this.#entries = entriesOf(points);
  }

  /**
   * These take the place of its points. A state that holds goes on, no longer than the point now says, also of a device that
   * is otherwise: an alarm does not end because something else was put right. Of one that the point does not know any more,
   * and of points that are gone, nothing follows.
   */
  change(points: readonly HeldPoint[]): void {
    const before = this.#entries;
    const tick = this.#clock.tick();
    this.#entries = entriesOf(points);
    for (const [key, entry] of this.#entries) {
      const now = before.get(key)?.now;
      if (now === undefined || !knows(entry, now.state)) continue;
      entry.now = { ...now, until: Math.min(now.until, tick + entry.holdMs) };
    }
    this.#onChange(false);
    this.#await();
  }

  /** The readings of a device's points of events at a message of it. An event that is older than it would hold begins nothing. */
  take(points: readonly { readonly key: string }[], events: readonly Held[]): UntimedReading[] {
    const tick = this.#clock.tick();
    const readings: UntimedReading[] = [];
    for (const { key } of points) {
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      const event = events.find(({ point }) => point.key === key);
      const isOver = event !== undefined && this.#hear(entry, event) === 'over';
      if (event !== undefined) readings.push(readingOf(entry, event.state, event.deviceAt));
      // What was over before it came must not stand until somebody says something else.
      if (event === undefined || isOver) {
        readings.push(
          readingOf(entry, entry.now !== undefined && entry.now.until > tick ? entry.now.state : entry.rest),
        );
      }
    }
    if (events.length > 0) this.#await();
    return readings;
  }

  #hear(entry: Entry, { state, deviceAt }: Held): 'stands' | 'over' {
    const age = deviceAt === undefined ? 0 : Math.max(0, this.#clock.now() - deviceAt);
    const before = entry.now;
    if (state === entry.rest) {
      // An end that was sent again by its cloud is of what was before: what began after it goes on.
      if (before?.deviceAt !== undefined && deviceAt !== undefined && deviceAt < before.deviceAt) return 'over';
      entry.now = undefined;
    } else if (age < entry.holdMs) entry.now = { state, until: this.#clock.tick() + entry.holdMs - age, deviceAt };
    else return 'over';
    this.#onChange(entry.now?.state !== before?.state);
    return 'stands';
  }

  /** Goes on with what an earlier run kept; called before anything comes in. */
  restore(kept: unknown): void {
    if (typeof kept !== 'object' || kept === null) return;
    const [now, tick] = [this.#clock.now(), this.#clock.tick()];
    for (const [key, value] of Object.entries(kept)) {
      const entry = this.#entries.get(key);
      const { state, until } = (value ?? {}) as { state?: unknown; until?: unknown };
      if (entry === undefined || typeof state !== 'string' || typeof until !== 'number') continue;
      if (!knows(entry, state)) continue;
      entry.now = { state, until: tick + Math.min(Math.max(until - now, 0), entry.holdMs) };
    }
    this.#await();
  }

  snapshot(): KeptStates {
    const toWall = this.#clock.now() - this.#clock.tick();
    return Object.fromEntries(
      [...this.#entries].flatMap(([key, { now }]) =>
        now === undefined ? [] : [[key, { state: now.state, until: now.until + toWall }]],
      ),
    );
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }

  #await(): void {
    this.#cancel();
    const ends = [...this.#entries.values()].flatMap(({ now }) => (now === undefined ? [] : [now.until]));
    if (ends.length === 0) return;
    const wait = Math.max(Math.min(...ends) - this.#clock.tick(), 1);
    this.#cancel = this.#clock.after(wait, () => {
      const tick = this.#clock.tick();
      const over = [...this.#entries.values()].filter(({ now }) => now !== undefined && now.until <= tick);
      for (const entry of over) entry.now = undefined;
      if (over.length > 0) {
        this.#onRest(over.map((entry) => readingOf(entry, entry.rest)));
        this.#onChange(false);
      }
      this.#await();
    });
  }
}

const entriesOf = (points: readonly HeldPoint[]): ReadonlyMap<string, Entry> =>
  new Map(
    points.flatMap((point) => {
      const { holdFor, rest } = point.source;
      return holdFor === undefined ? [] : [[point.key, { point, holdMs: holdFor, rest, now: undefined }] as const];
    }),
  );

const knows = ({ point }: Entry, state: string): boolean => Object.values(point.states ?? {}).includes(state);

const readingOf = ({ point }: Entry, state: string, deviceAt?: number): UntimedReading => ({
  point: point.key,
  value: state,
  quality: 'good',
  ...(deviceAt === undefined ? {} : { deviceAt }),
});
