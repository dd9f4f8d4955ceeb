import type { z } from 'zod';
import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { HistoryFeed } from '../history/history.ts';
import type { LedgerReader } from '../ledger/ledger.ts';

/** What an upstream says of a point beside its readings. */
export interface SentPoint {
  /** `device/point`. */
  readonly key: string;
  readonly device: string;
  readonly id: string;
  readonly quantity: string;
  readonly scene: string | null;
  readonly place: { readonly grid: string | null };
}

export interface UpstreamContext {
  readonly gateway: string;
  readonly version: string;
  readonly clock: Clock;
  /** Real time, for acknowledgement timers and back-off. */
  readonly wire: Clock;
  readonly log: Log;
  readonly ledger: LedgerReader;
  readonly history: HistoryFeed;
  /** The points of the site as it is now. */
  readonly points: () => readonly SentPoint[];
  /** Nobody connects before, if it is there: what a start needs first goes first. */
  readonly begun?: Promise<void>;
  /** What this upstream may ask of the gateway, by the command's name; each answers what is sent back. */
  readonly commands?: Readonly<Record<string, (payload: unknown) => Promise<object>>>;
}

export interface UpstreamStatus {
  readonly state: 'online' | 'offline' | 'connecting';
  readonly error?: string;
  readonly backlog: number;
  readonly sent: number;
}

/** An open upstream sends what its cursor has before it until it is disposed; one that is away delays only itself. */
export interface OpenUpstream extends AsyncDisposable {
  status(): UpstreamStatus;
}

/** How an upstream of a kind is opened, by options that were checked. `open` returns at once. */
export interface UpstreamOpener<Options = Record<string, unknown>> {
  readonly kind: string;
  open(id: string, options: Options, context: UpstreamContext): Promise<OpenUpstream>;
}

/** A sink: `kind` in the site's `upstreams`, its options, and how it is opened. */
export interface Upstream<Options extends z.ZodObject = z.ZodObject> extends UpstreamOpener<z.output<Options>> {
  readonly options: Options;
}
