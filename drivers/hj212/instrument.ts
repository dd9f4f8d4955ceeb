import { INTERACTION } from './answers.ts';
import type { Hj212Device } from './kind.ts';
import { OwnClock } from './own-clock.ts';
import { Repeats } from './repeats.ts';
import type { TimeSet } from './time-set.ts';
import { Uploads } from './uploads.ts';

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
  line: Line | undefined;
  /** Of its data, for requests to it. */
  st: string;
  pw: string;
  isRefused: boolean;
  timeSet: TimeSet | undefined;
  /** Ticks of the wire. */
  timeSetAt: number;
  cancelDue: () => void;
}

export const openInstrument = (device: Hj212Device): Instrument => ({
  device,
  repeats: new Repeats(),
  uploads: new Uploads(),
  clock: new OwnClock(),
  line: undefined,
  st: device.options.st ?? INTERACTION,
  pw: device.options.password ?? '',
  isRefused: false,
  timeSet: undefined,
  timeSetAt: Number.NEGATIVE_INFINITY,
  cancelDue: () => {},
});
