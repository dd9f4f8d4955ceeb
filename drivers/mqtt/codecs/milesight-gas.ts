import { type Codec, type Fields, flag } from './codec.ts';
import { milesight } from './milesight.ts';

/** What an event says of the detector's health; that its life ends soon says nothing of it. */
const HEALTH: Readonly<Record<number, Fields>> = {
  0: { health: 'fault' }, // power off: nobody watches
  1: { health: 'normal' }, // power on
  2: { health: 'fault' },
  3: { health: 'normal' }, // fault cleared
  4: {}, // expires soon
  5: { health: 'fault' }, // expired: what it says is not to be relied upon
};

/**
 * GS101, gas alarm. `gas` is 0 or 1; `health` is told apart from it, so that a fault never stands in the place of an
 * alarm, nor its end for the end of one. `life` is what is left of the sensor's, in seconds.
 */
export const gs101: Codec = milesight(
  { gas: '', valve: '', relay: '', life: 's', event: '', health: '' },
  {
    '058e': { bytes: 1, read: (value) => ({ gas: flag(value.readUInt8(0)) }) },
    '0601': { bytes: 1, read: (value) => ({ valve: flag(value.readUInt8(0)) }) },
    '0701': { bytes: 1, read: (value) => ({ relay: flag(value.readUInt8(0)) }) },
    '0890': { bytes: 4, read: (value) => ({ life: value.readUInt32LE(0) }) },
    ff3f: {
      bytes: 1,
      read(value) {
        const health = HEALTH[value.readUInt8(0)];
        return health && { event: value.readUInt8(0), ...health };
      },
    },
  },
);
