import type { Reading } from '../../drivers/reading.ts';
import type { MarkKind } from './mark.ts';

/** What was read of one point, oldest first, as columns of the same length. */
export interface Series {
  readonly point: string;
  readonly at: readonly number[];
  readonly value: readonly (number | string | null)[];
  readonly quality: readonly Reading['quality'][];
}

export interface HistoryStatus {
  readonly error?: string;
  readonly bytes: number;
  readonly readings: number;
  /** Readings dropped since start: because the disk was full, or the queue was. */
  readonly dropped: number;
  readonly oldestAt: number | null;
  /** Bytes given to the disk since start, as a flash card counts them: its wear. */
  readonly written?: number;
}

export interface HistoryReader {
  /**
   * At most `points` values spread over the time asked for; each is a real one, the extremes of its part among them.
   * Up to an hour from the readings, up to three days from minutes, a quarter from hours, beyond from days. Late readings are not among them:
   * they are of another time than the one they came at.
   */
  series(point: string, from: number, to: number, points: number): Promise<Series>;
  /**
   * Every reading with `at > after`, of the points named or of all, in the order in which they were kept, in small
   * batches: for windows to be refilled at start. Late ones among them, with their mark. Throws a Fault where history
   * cannot be read, as `series` rejects with one.
   */
  since(after: number, points?: ReadonlySet<string>): AsyncGenerator<readonly Reading[]>;
  status(): HistoryStatus;
}

/** A place in the order in which readings were kept: it stays the same when they are packed. */
export interface Place {
  readonly segment: number;
  /** Readings of the segment before it. */
  readonly index: number;
}

/** Before all that is kept. */
export const BEGINNING: Place = { segment: 0, index: 0 };

export interface Kept {
  readonly readings: readonly Reading[];
  /** Where to go on. */
  readonly place: Place;
  /** Nothing more is kept yet. */
  readonly isEnd: boolean;
  /** What stood after the place asked for is kept no more; these are the first that are. */
  readonly isGap: boolean;
}

/** A point's readings in one minute, hour or day. States have a row for each state they were in, with `count` alone. */
export interface Summary {
  readonly point: string;
  /** UTC milliseconds of its beginning. */
  readonly from: number;
  /** The state; null for numbers, and for what was not good. */
  readonly state: string | null;
  readonly count: number;
  /** Good ones among them: by `count`, the validity. */
  readonly good: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** The level of the mean energy, of noise; else null. */
  readonly leq: number | null;
}

/** What sends history on: all that is kept, each reading once, and its own notes. */
export interface HistoryFeed extends HistoryReader {
  /** Up to `limit` readings from a place on. */
  read(place: Place, limit: number): Promise<Kept>;
  /** The place after all that was kept up to now. */
  end(): Promise<Place>;
  /** Readings kept from a place on. */
  countFrom(place: Place): Promise<number>;
  /** Minutes, hours or days of UTC that begin in [from, to), point after point. */
  summaries(
    slot: 'minute' | 'hour',
    from: number,
    to: number,
    points?: ReadonlySet<string>,
  ): Promise<readonly Summary[]>;
  /** A text kept by name, such as how far somebody has read. On disk within a second; a crash may take that second back. */
  note(name: string, value: string): Promise<void>;
  noted(name: string): Promise<string | null>;
}

export interface History extends HistoryFeed, AsyncDisposable {
  /** Takes readings without waiting; they are on disk within a second. When the disk is full, history stops, and only history. */
  keep(readings: readonly Reading[]): void;
  /** Takes what a recording needs beside readings, in its order among them. */
  mark(kind: MarkKind, instant: { readonly at: number; readonly tick: number }, what: object): void;
}
