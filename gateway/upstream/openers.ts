import { influx } from './influx.ts';
import { mqtt } from './mqtt.ts';

/** How each kind of upstream is opened: what a gateway that runs needs of it. */
export const openers = { influx, mqtt } as const;
