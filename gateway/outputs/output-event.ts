import type { EntryDraft } from '../alarms/alarm-event.ts';
import type { Output, OutputValue } from './output.ts';

export const OUTPUT_FAILED = 'city.gengfu.output.failed';
export const OUTPUT_RESTORED = 'city.gengfu.output.restored';
export const OUTPUT_SET = 'city.gengfu.output.set';
export const OUTPUT_RELEASED = 'city.gengfu.output.released';

/** What the world did with an output. */
export interface OutputTold {
  readonly output: string;
  readonly name: string;
  readonly kind: string;
  readonly point: string;
  readonly wanted: OutputValue;
  /** As the device, or what it drives, says; null: it did not say. */
  readonly readBack: OutputValue | null;
  /** `no-answer`, `link-down`, `exception`, `read-back-differs`, `feedback-differs`, `does-not-hold` … */
  readonly code: string | null;
  /** Key of the alarm that wants it so. */
  readonly alarm: string | null;
  readonly by: string | null;
  /** Until when, RFC 3339, where somebody has set it. */
  readonly until: string | null;
}

/** `time`: RFC 3339 with the site's offset. */
export const outputEvent = (
  type: string,
  { id, name, kind, point }: Output,
  time: string,
  told: Pick<OutputTold, 'wanted' | 'readBack' | 'code' | 'alarm'> & Partial<OutputTold>,
): EntryDraft<OutputTold> => ({
  type,
  subject: `output:${id}`,
  time,
  data: { output: id, name, kind, point, by: null, until: null, ...told },
});
