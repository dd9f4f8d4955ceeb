import { Fault } from '#kit/fault.ts';
import { influx } from './influx.ts';
import { mqtt } from './mqtt.ts';
import type { OpenUpstream, UpstreamContext, UpstreamOpener } from './upstream.ts';

/** How each kind of upstream is opened: what a gateway that runs needs of it. */
export const openers = { influx, mqtt } as const;

/** An upstream of a site. */
export interface SinkSpec {
  readonly id: string;
  readonly kind: string;
  readonly options: unknown;
}

/** Opens an upstream by its kind. Throws the Fault `upstream-kind` where there is none. */
export async function openSink({ id, kind, options }: SinkSpec, context: UpstreamContext): Promise<OpenUpstream> {
  // Of the kind that its options were checked for.
  const sink: UpstreamOpener<never> | undefined = Object.values(openers).find((each) => each.kind === kind);
  if (sink === undefined) throw new Fault('upstream-kind', `upstream ${id}: no kind ${kind}`);
  return sink.open(id, options as never, context);
}
