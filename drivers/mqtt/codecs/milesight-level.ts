import { type Codec, flag } from './codec.ts';
import { type Channel, milesight } from './milesight.ts';

/** `position` is 0 upright and 1 tilted: the beam does not point at the surface any more. */
const position: Channel = { bytes: 1, read: (value) => ({ position: flag(value.readUInt8(0)) }) };
const distance: Channel = { bytes: 2, read: (value) => ({ distance: value.readUInt16LE(0) }) };
const temperature: Channel = { bytes: 2, read: (value) => ({ temperature: value.readInt16LE(0) / 10 }) };

/** EM310-UDL, ultrasonic: the distance down to the surface. */
export const em310Udl: Codec = milesight({ distance: 'mm', position: '' }, { '0382': distance, '0400': position });

/**
 * EM400-MUD, -TLD and -UDL: distance with the temperature of the air. An alarm is 1 where the device's own threshold is
 * passed and 0 where it is not any more; a payload that only reports says nothing of it.
 */
export const em400: Codec = milesight(
  { temperature: 'Cel', distance: 'mm', position: '', 'temperature-alarm': '', 'distance-alarm': '' },
  {
    '0367': temperature,
    '0482': distance,
    '0500': position,
    '8367': {
      bytes: 3,
      read: (value) => ({ ...temperature.read(value), 'temperature-alarm': flag(value.readUInt8(2)) }),
    },
    '8482': { bytes: 3, read: (value) => ({ ...distance.read(value), 'distance-alarm': flag(value.readUInt8(2)) }) },
  },
);

/** EM500-SWL, submersible: the depth above the probe, and depths that it kept while nobody heard it. */
export const em500Swl: Codec = milesight(
  { depth: 'cm' },
  {
    '0377': { bytes: 2, read: (value) => ({ depth: value.readUInt16LE(0) }) },
    '20ce': { bytes: 6, kept: true, read: (value) => ({ depth: value.readUInt16LE(4) }) },
  },
);
