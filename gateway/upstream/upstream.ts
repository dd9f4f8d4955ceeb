import type { z } from 'zod';
import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { LedgerReader } from '../ledger/ledger.ts';

export interface UpstreamContext {
  readonly gateway: string;
  readonly version: string;
  readonly clock: Clock;
  /** Real time, for acknowledgement timers and back-off. */
  readonly wire: Clock;
  readonly log: Log;
  readonly ledger: LedgerReader;
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

/** A sink: `kind` in the site's `upstreams`, its options, and how it is opened. `open` returns at once. */
export interface Upstream<Options extends z.ZodObject = z.ZodObject> {
  readonly kind: string;
  readonly options: Options;
  open(id: string, options: z.output<Options>, context: UpstreamContext): Promise<OpenUpstream>;
}
