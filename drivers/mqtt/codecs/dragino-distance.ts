import type { Codec } from './codec.ts';

/** Below it the maker calls a distance invalid. */
const LEAST_MM = 20;
const SHORT_BYTES = 5;
/** Later firmware: temperature in tenths of a degree and whether the sensor is there follow. Unverified. */
const LONG_BYTES = 8;

/** Dragino LDDS75, ultrasonic, big-endian: battery in millivolts, distance down to the surface, interrupt flag. */
export const ldds75: Codec = {
  fields: { 'battery-voltage': 'V', distance: 'mm', interrupt: '', temperature: 'Cel', 'sensor-present': '' },
  fPort: 2,
  decode(payload) {
    if (payload.length !== SHORT_BYTES && payload.length !== LONG_BYTES) return undefined;
    const distance = payload.readUInt16BE(2);
    const fields = {
      'battery-voltage': (payload.readUInt16BE(0) & 0x3fff) / 1000,
      distance: distance < LEAST_MM ? null : distance,
      interrupt: payload.readUInt8(4),
    };
    if (payload.length === SHORT_BYTES) return [{ fields }];
    return [
      { fields: { ...fields, temperature: payload.readInt16BE(5) / 10, 'sensor-present': payload.readUInt8(7) } },
    ];
  },
};
