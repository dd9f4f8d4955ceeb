export type Quality = 'good' | 'uncertain' | 'bad';

/** What was read of one point at one time: the noun that every driver makes and the rules take. */
export interface Reading {
  /** `device/point`. */
  readonly point: string;
  /** In the quantity's own unit; a state's name for a point of states; null when there is no value. */
  readonly value: number | string | null;
  /** UTC milliseconds, taken once for a batch when it is handed on. */
  readonly at: number;
  /** Milliseconds on a line that never steps, taken with `at`. */
  readonly tick: number;
  readonly quality: Quality;
  /** Why the quality is not good: a code of `READING_CODES`, or a driver's own. */
  readonly code?: string;
  /** The device's own time of the value, UTC milliseconds. */
  readonly deviceAt?: number;
  /** It came too late for the rules (its `deviceAt` is older than three periods or than the last one): history keeps it. */
  readonly late?: true;
}

/** A reading before its batch is handed on. */
export type UntimedReading = Omit<Reading, 'at' | 'tick'>;

/** Codes that any driver may give. */
export const READING_CODES = {
  outOfRange: 'out-of-range',
  noValue: 'no-value',
  unknownState: 'unknown-state',
  noAnswer: 'no-answer',
  linkDown: 'link-down',
  notANumber: 'not-a-number',
  exception: 'exception',
} as const;
