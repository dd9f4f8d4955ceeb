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
  device: Hj212Device;
  readonly repeats: Repeats;
  readonly uploads: Uploads;
  readonly clock: OwnClock;
  readonly watch: ClockWatch;
  /** By whose times its clock is judged, the finest first. */
  timed: readonly TimedData[];
  line: Line | undefined;
  /** Of its data, for requests to it. */
  st: string;
  pw: string;
  /** On which line its password was wrong when it was last heard, and when the log was told so last, a tick of the wire. */
  refusedOn: Line | undefined;
  refusalToldAt: number;
  timeSet: TimeSet | undefined;
  /** Ticks of the wire. */
  timeSetAt: number;
  /** What came of setting its clock last. */
  timeSetCame: TimeSetOutcome | undefined;
  /** What of its clock is in the log: that it is off, when it was told so last (a tick of the wire), that it cannot be set. */
  isOffTold: boolean;
  offToldAt: number;
  isUnsetTold: boolean;
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
  refusedOn: undefined,
  refusalToldAt: Number.NEGATIVE_INFINITY,
  timeSet: undefined,
  timeSetAt: Number.NEGATIVE_INFINITY,
  timeSetCame: undefined,
  isOffTold: false,
  offToldAt: Number.NEGATIVE_INFINITY,
  isUnsetTold: true,
  cancelDue: () => {},
});

/** It is that device from now on, and the same instrument: what is known of it stays. */
export function becomeDevice(instrument: Instrument, device: Hj212Device): void {
  instrument.device = device;
  instrument.timed = timedDataOf(device.points);
  instrument.st = device.options.st ?? instrument.st;
}

/** It is none of the site's any more: nothing follows of it, and nothing is sent to it. */
export function leaveSite(instrument: Instrument): void {
  instrument.cancelDue();
  instrument.timeSet = undefined;
  instrument.line = undefined;
}
