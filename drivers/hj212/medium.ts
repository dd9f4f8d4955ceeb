import type { Fault } from '#kit/fault.ts';

/** What instruments are connected by: it comes back by itself for ever. */
export interface Medium extends AsyncDisposable {
  /** Why nothing can come by it now. */
  readonly fault: Fault | undefined;
  counters(): Readonly<Record<string, number>>;
}
