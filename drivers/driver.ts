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
  readonly device: string;
  /** The point it is about, if any; else `field` of the device. */
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
}

export interface LinkStatus {
  readonly state: 'up' | 'down' | 'connecting';
  /** Why it is down, for a person. */
  readonly error?: string;
  /** Monotonic counters by name (`requests`, `timeouts`, `crc`, `foreign`, `late` …), for `/metrics`. */
  readonly counters: Readonly<Record<string, number>>;
  /** Per device: whether it answers, and why not. */
  readonly devices: Readonly<Record<string, { readonly answers: boolean; readonly code?: string }>>;
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
