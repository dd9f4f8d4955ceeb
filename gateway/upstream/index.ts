import { influxOptions } from './influx-options.ts';
import { mqttOptions } from './mqtt-options.ts';
import { openers } from './openers.ts';
import type { Upstream } from './upstream.ts';

/** Every kind of upstream. */
export const upstreams: readonly Upstream[] = [
  { ...openers.influx, options: influxOptions },
  { ...openers.mqtt, options: mqttOptions },
];
