import type { z } from 'zod';
import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { DeviceClock, NetworkTime } from './network-time.ts';
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

/** The own clock of a device that is off. */
export interface ClockOff {
  /** How far, ms: positive where it is ahead. */
  readonly offMs: number;
  /**
   * What came of setting it: `not-set` where the site has the gateway not do it, `done` where it says that it was, and is
   * off all the same. Left out while nothing has come of it.
   */
  readonly set?: 'not-set' | 'done' | 'refused' | 'failed' | 'unanswered';
}

/** Whether a device answers, and why not; or what a person must know of one that does: `clock-off`. */
export interface DeviceStatus {
  readonly answers: boolean;
  readonly code?: string;
  /** With `clock-off`. */
  readonly clock?: ClockOff;
}

export interface LinkStatus {
  readonly state: 'up' | 'down' | 'connecting';
  /** Why it is down, or which part of it is while it is up, for a person. */
  readonly error?: string;
  /** Monotonic counters by name (`requests`, `timeouts`, `crc`, `foreign`, `late` …), for `/metrics`. */
  readonly counters: Readonly<Record<string, number>>;
  readonly devices: Readonly<Record<string, DeviceStatus>>;
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

/** How a serial line is set. */
export interface SerialSettings {
  readonly baud: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly dataBits: 7 | 8;
  readonly stopBits: 1 | 2;
}

/** One question of a job. It never writes. */
export interface LineQuestion {
  /** 0 to 255. */
  readonly unit: number;
  readonly table: 'holding' | 'input' | 'coil' | 'discrete';
  readonly address: number;
  readonly count: number;
  /** Milliseconds within which the whole answer must have come, after the request's last byte. */
  readonly timeoutMs: number;
  /** Left out: the link's own. Only where the line `isSettable`. */
  readonly settings?: SerialSettings | undefined;
}

/**
 * What came in place of a right answer: `echo-only` our own request and nothing else, `double` more than one answer, `crc`
 * one with wrong bits, `foreign` one of another unit, `garbage` what does not even begin as an answer.
 */
export type Symptom = 'silence' | 'echo-only' | 'double' | 'crc' | 'foreign' | 'garbage';

export type LineAnswer = {
  /** From the request's last byte to the end of the answer, or of the wait. */
  readonly tookMs: number;
  /** Our own request was heard before it. */
  readonly echo: boolean;
  /** An earlier question to that unit was answered meanwhile, so long after it was sent. */
  readonly late?: { readonly unit: number; readonly afterMs: number } | undefined;
} & (
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'exception'; readonly code: number }
  | { readonly kind: 'none'; readonly symptom: Symptom }
  /** The link is down; `isRefused`: its line does not take these settings. */
  | { readonly kind: 'closed'; readonly why: string; readonly isRefused?: true }
);

/**
 * The line of a link at work, lent to one job: its questions go out one at a time between the polls, which go on; those
 * lose at most a small share of their rate. At each poll, and when it is given back, the line is as the link sets it.
 */
export interface BorrowedLine extends AsyncDisposable {
  /** The link's own settings; undefined where it has none (TCP). */
  readonly settings: SerialSettings | undefined;
  readonly isSettable: boolean;
  /** Rejects with the signal's reason when aborted. */
  ask(question: LineQuestion, signal: AbortSignal): Promise<LineAnswer>;
}

/** Something on the wire, as a passive listener hears it. */
export interface Overheard {
  /** UTC milliseconds. */
  readonly at: number;
  /** Ours, or from others. */
  readonly way: 'out' | 'in';
  /** Who it is from or for: a unit's number, an MN, a topic; null where that cannot be told. At most 200 characters. */
  readonly who: string | null;
  /** What it says, for a person. At most 500 characters, printable, no secret. */
  readonly what: string;
  /** Its check sum is right. */
  readonly isRight: boolean;
  /** Its bytes in hexadecimal digits, at most 256 of them; left out where they would tell a secret. */
  readonly hex?: string | undefined;
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
   * Makes ready that these devices take the place of its own. Calling what it gives does it at once, between two batches:
   * one that is equal keeps all that is known of it, the medium stays open, and nothing follows of those that are gone or
   * otherwise. Never called, nothing has happened. Undefined, or left out: the link must be opened anew for them.
   */
  change?(devices: readonly Device[]): (() => void) | undefined;
  /**
   * Called after a batch was taken and before the next is asked for, when it caused events: settled once they are on
   * disk. A link that tells its devices what has arrived waits for it.
   */
  kept?(durable: Promise<unknown>): void;
  /** Writes one point (`device/point`) and reads it back; refused for a point that its profile does not call writable. */
  write?(point: string, value: number | string, signal?: AbortSignal): Promise<Written>;
  /** Lends its line to a job; undefined while another one has it. */
  borrow?(): BorrowedLine | undefined;
  /**
   * The buses of a link that has several, by name (the registration of a unit that dials in): each is lent and heard by
   * itself. They end with it.
   */
  readonly buses?: ReadonlyMap<string, Pick<OpenLink, 'borrow' | 'tap' | 'status'>>;
  /** Tells all that passes on its wire, and sends nothing for it. The listener only takes note. Returns the way to stop it. */
  tap?(listener: (heard: Overheard) => void): () => void;
  /** Asks its modem what time its network has told it. Called seldom, and only while the system has no time of its own. */
  networkTime?(): Promise<NetworkTime>;
  /**
   * What the clocks of its devices said last, of those that have been seen to go. None of one that the gateway sets itself.
   * Called as seldom.
   */
  deviceClocks?(): readonly DeviceClock[];
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
  /** Whether a point can be written, by the driver's own fields of it; left out: none can. */
  isWritable?(source: z.output<S>): boolean;
  /** All problems of one link's devices: addresses used twice, registers that overlap with different types. */
  check(link: LinkSpec<z.output<L>, Device<z.output<D>, z.output<P>, z.output<S>>>): SpecProblem[];
  open(
    link: LinkSpec<z.output<L>, Device<z.output<D>, z.output<P>, z.output<S>>>,
    context: LinkContext,
  ): Promise<OpenLink>;
}
