import type { Codec } from './codec.ts';
import { ldds75 } from './dragino-distance.ts';
import { gs101 } from './milesight-gas.ts';
import { em310Udl, em400, em500Swl } from './milesight-level.ts';
import { ws302 } from './milesight-noise.ts';
import { gs524n } from './milesight-smoke.ts';
import { em310Tilt, em320Tilt } from './milesight-tilt.ts';
import { ra02a } from './netvox-smoke.ts';

/** Every binary payload that is known here, by what a profile names as its `codec`. */
export const CODECS = {
  'milesight-em310-tilt': em310Tilt,
  'milesight-em320-tilt': em320Tilt,
  'milesight-em310-udl': em310Udl,
  'milesight-em400': em400,
  'milesight-em500-swl': em500Swl,
  'milesight-ws302': ws302,
  'milesight-gs101': gs101,
  'milesight-gs524n': gs524n,
  'netvox-ra02a': ra02a,
  'dragino-ldds75': ldds75,
} as const satisfies Readonly<Record<string, Codec>>;

export type CodecName = keyof typeof CODECS;

export const CODEC_NAMES = Object.keys(CODECS) as [CodecName, ...CodecName[]];
