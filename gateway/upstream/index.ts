import { influx } from './influx.ts';
import { mqtt } from './mqtt.ts';
import type { Upstream } from './upstream.ts';

/** Every kind of upstream. */
export const upstreams: readonly Upstream[] = [influx, mqtt];
