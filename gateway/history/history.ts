import type { Reading } from '../../drivers/reading.ts';

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
}

export interface HistoryReader {
  /**
   * At most `points` values spread over the time asked for; each is a real one, the extremes of its part among them.
   * Late readings are not: they are of another time than the one they came at.
   */
  series(point: string, from: number, to: number, points: number): Promise<Series>;
  /**
   * Every reading with `at > after`, of the points named or of all, oldest first, in batches: for windows to be
   * refilled at start. Late ones among them, with their mark. Throws a Fault where history cannot be read, as `series` rejects with one.
   */
  since(after: number, points?: ReadonlySet<string>): AsyncGenerator<readonly Reading[]>;
  status(): HistoryStatus;
}

export interface History extends HistoryReader, AsyncDisposable {
  /** Takes readings without waiting; they are on disk within a second. When the disk is full, history stops, and only history. */
  keep(readings: readonly Reading[]): void;
}
