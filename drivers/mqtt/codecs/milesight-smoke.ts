import type { Codec } from './codec.ts';

const BYTES = 6;
/** The high nibble of the second byte. */
const SMOKE_SENSOR = 1;

/**
 * GS524N, smoke alarm, six bytes: protocol and firmware, kind and state, battery, smoke, temperature, and a checksum
 * with which all six add up to 0 modulo 256. `state` is the maker's number for it.
 */
export const gs524n: Codec = {
  fields: { state: '', battery: '%', smoke: '%', temperature: 'Cel' },
  decode(payload) {
    if (payload.length !== BYTES || payload.reduce((sum, byte) => sum + byte, 0) % 256 !== 0) return undefined;
    const kind = payload.readUInt8(1);
    if (kind >> 4 !== SMOKE_SENSOR) return undefined;
    const fields = {
      state: kind & 0x0f,
      battery: payload.readUInt8(2),
      smoke: payload.readUInt8(3),
      temperature: payload.readInt8(4),
    };
    return [{ fields }];
  },
};
