import type { Trust } from '#kit/clock.ts';
import type { EntryDraft } from '../alarms/alarm-event.ts';

export const CLOCK_CORRECTED = 'city.gengfu.clock.corrected';

/** What earlier entries are off by, or that a clock which was trusted was moved. */
export interface ClockCorrected {
  /** Sequences of the entries that it concerns, both included; null when it is not known, or none was written. */
  readonly from: number | null;
  readonly to: number | null;
  /**
   * What is to be added to the times in those entries, ms. Null: the machine was started anew in between, and nobody knows
   * how long it was off.
   */
  readonly offsetMs: number | null;
  /** Whom the time is from: `system`, `modem`, `platform` or `hj212`. */
  readonly source: string;
  readonly trust: { readonly before: Trust; readonly after: Trust };
  /** This instant by the clock as it was and as it is. */
  readonly at: { readonly old: string | null; readonly new: string };
}

/** `time`: RFC 3339 with the site's offset, by the clock as it is now. */
export const clockCorrected = (time: string, data: ClockCorrected): EntryDraft<ClockCorrected> => ({
  type: CLOCK_CORRECTED,
  subject: 'clock',
  time,
  data,
});
