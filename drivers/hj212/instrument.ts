import { INTERACTION } from './answers.ts';
import { ClockWatch } from './clock-watch.ts';
import type { Hj212Device } from './kind.ts';
import { OwnClock } from './own-clock.ts';
import { Repeats } from './repeats.ts';
import type { TimeSet, TimeSetOutcome } from './time-set.ts';
import { Uploads } from './uploads.ts';
import { type TimedData, timedDataOf } from './values.ts';

/** Where a frame came from, and where its answer goes. */
export interface Line {
  readonly from: string;
  readonly isOpen: boolean;
  send(bytes: Uint8Array): void;
}

/** What is remembered of one instrument. */
export interface Instrument {
  readonly device: Hj212Device;
  readonly repeats: Repeats;
  readonly uploads: Uploads;
  readonly clock: OwnClock;
  readonly watch: ClockWatch;
  /** By whose times its clock is judged, the finest first. */
  readonly timed: readonly TimedData[];
  line: Line | undefined;
  /** Of its data, for requests to it. */
  st: string;
  pw: string;
  isRefused: boolean;
  timeSet: TimeSet | undefined;
  /** Ticks of the wire. */
  timeSetAt: number;
  /** What came of setting its clock last. */
  timeSetCame: TimeSetOutcome | undefined;
  /** That its clock is off and cannot be set is in the log. */
  isToldUnset: boolean;
  cancelDue: () => void;
}

export const openInstrument = (device: Hj212Device): Instrument => ({
  device,
  repeats: new Repeats(),
  uploads: new Uploads(),
  clock: new OwnClock(),
  watch: new ClockWatch(),
  timed: timedDataOf(device.points),
  line: undefined,
  st: device.options.st ?? INTERACTION,
  pw: device.options.password ?? '',
  isRefused: false,
  timeSet: undefined,
  timeSetAt: Number.NEGATIVE_INFINITY,
  timeSetCame: undefined,
  isToldUnset: false,
  cancelDue: () => {},
});
