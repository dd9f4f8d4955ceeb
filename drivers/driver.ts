import type { z } from 'zod';
import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { Point } from './point.ts';
import type { Reading } from './reading.ts';

/** A device of the site on one link, made ready by the loader. */
export interface Device<Options = unknown, Profile = unknown, Source = unknown> {
  readonly id: string;
  /** The driver's own fields of the device (`address`, `topic`, `password`). */
  readonly options: Options;
  /** The driver's own fields of its profile (`serial`, `blocks`). */
  readonly profile: Profile;
  readonly points: readonly Point<Source>[];
}

/** A shared medium with the devices on it. */
export interface LinkSpec<Options = unknown, D extends Device = Device> {
  readonly id: string;
  readonly kind: string;
  readonly options: Options;
  readonly devices: readonly D[];
}

/** Something wrong with how a link is used, found before anything is opened. */
export interface SpecProblem {
  /** Left out where it is the link itself. */
  readonly device?: string;
  /** The point it is about, if any; else `field` of the device, or of the link. */
  readonly point?: string;
  readonly field?: string;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

export interface LinkContext {
  /** Periods and the times of readings: the site's clock, which the demo runs faster. */
  readonly clock: Clock;
  /** Time-outs and silences on the wire: always real time. */
  readonly wire: Clock;
  readonly log: Log;
  /**
   * The link's own folder for what must outlive a restart (sessions, pictures). It is made by whoever first writes to it,
   * and what is in it is bounded by the driver.
   */
  readonly dir: string;
}

/** Something that speaks on a link and is no device of the site: shown to the installer, who may adopt it. */
export interface UnknownDevice {
  /** What it calls itself: an MN, a registration, a DevEUI, a Modbus address. At most 64 characters, printable. */
  readonly id: string;
  /** Where from, as `host:port`, if known. */
  readonly from?: string;
  /** UTC milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
  /** What it sent, for a person: factor codes, a payload's beginning. At most 200 characters, printable, no secret. */
  readonly sample?: string;
}

export interface LinkStatus {
  readonly state: 'up' | 'down' | 'connecting';
  /** Why it is down, or which part of it is while it is up, for a person. */
  readonly error?: string;
  /** Monotonic counters by name (`requests`, `timeouts`, `crc`, `foreign`, `late` …), for `/metrics`. */
  readonly counters: Readonly<Record<string, number>>;
  /** Per device: whether it answers, and why not. */
  readonly devices: Readonly<Record<string, { readonly answers: boolean; readonly code?: string }>>;
  /** Shares of the link's time, 0 to 1: what the plan of its devices needs, and what was used lately. */
  readonly use?: { readonly planned: number; readonly measured: number };
  /** At most 100, the latest heard first. */
  readonly unknown?: readonly UnknownDevice[];
  /** Codes of what a person must know of it as it is: `needs-line` (no alarm when the line is down), `overbooked`. */
  readonly warnings?: readonly string[];
}

/** What became of a write. `readBack` is the point's value as the device says it afterwards. */
export type Written =
  | { readonly done: true; readonly readBack: number | string }
  | { readonly done: false; readonly code: string; readonly readBack?: number | string };

/** A picture that came with a reading. */
export interface Picture {
  readonly type: 'image/jpeg' | 'image/png';
  readonly bytes: Uint8Array;
  /** The time of the reading it came with, UTC milliseconds. */
  readonly at: number;
}

/**
 * A link that has been opened. `open` returns at once, also when the other side is away: the link reconnects
 * for ever with back-off, and its devices give bad readings meanwhile. Disposing it ends `readings`.
 */
export interface OpenLink extends AsyncDisposable {
  /**
   * Batches as they come in, one await a batch; each is handed straight to the rules. Called once.
   * `at` and `tick` of all readings of a batch are the same, taken when it is yielded. Ends with the signal.
   */
  readings(signal: AbortSignal): AsyncGenerator<readonly Reading[]>;
  status(): LinkStatus;
  /**
   * Called after a batch was taken and before the next is asked for, when it caused events: settled once they are on
   * disk. A link that tells its devices what has arrived waits for it.
   */
  kept?(durable: Promise<unknown>): void;
  /** Writes one point (`device/point`) and reads it back; refused for a point that its profile does not call writable. */
  write?(point: string, value: number | string, signal?: AbortSignal): Promise<Written>;
  /** The last picture of a device that came at that time or before it. */
  picture?(device: string, at: number): Promise<Picture | undefined>;
}

/** The schemas are the driver's own fields only; the loader adds `id`, `kind`, `profile`, `link`, `quantity` and the like. */
export interface Driver<
  L extends z.ZodObject = z.ZodObject,
  P extends z.ZodObject = z.ZodObject,
  D extends z.ZodObject = z.ZodObject,
  S extends z.ZodObject = z.ZodObject,
> {
  /** What a profile names as its `protocol`. */
  readonly protocol: string;
  /** Kind of link → its options. */
  readonly links: Readonly<Record<string, L>>;
  readonly profile: P;
  readonly device: D;
  /** The driver's fields of a point, such as `register` or `json`. */
  readonly point: S;
  /** All problems of one link's devices: addresses used twice, registers that overlap with different types. */
  check(link: LinkSpec<z.output<L>, Device<z.output<D>, z.output<P>, z.output<S>>>): SpecProblem[];
  open(
    link: LinkSpec<z.output<L>, Device<z.output<D>, z.output<P>, z.output<S>>>,
    context: LinkContext,
  ): Promise<OpenLink>;
}
