import { type Codec, flag } from './codec.ts';

const BYTES = 11;
const RA02A = 0x0a;
const LOW_BATTERY = 0x80;

/** A fire goes before heat, and both before a battery: one detector has one state. */
function stateOf(fire: boolean, heat: boolean, low: boolean): string {
  if (fire) return 'alarm';
  if (heat) return 'over-temperature';
  return low ? 'low-battery' : 'normal';
}

/**
 * Netvox RA02A, smoke and heat alarm, eleven bytes, big-endian: version, type, report, battery, fire, high temperature,
 * temperature, three reserved. Report 0 is of its software and carries no value.
 */
export const ra02a: Codec = {
  fields: { state: '', fire: '', heat: '', 'battery-low': '', 'battery-voltage': 'V', temperature: 'Cel' },
  fPort: 6,
  decode(payload) {
    if (payload.length !== BYTES || payload.readUInt8(1) !== RA02A) return undefined;
    const report = payload.readUInt8(2);
    if (report === 0) return [];
    const fire = flag(payload.readUInt8(4));
    const heat = flag(payload.readUInt8(5));
    if (report !== 1 || fire === null || heat === null) return undefined;
    const battery = payload.readUInt8(3);
    const isLow = (battery & LOW_BATTERY) !== 0;
    const fields = {
      state: stateOf(fire === 1, heat === 1, isLow),
      fire,
      heat,
      'battery-low': Number(isLow),
      'battery-voltage': (battery & ~LOW_BATTERY) / 10,
      temperature: payload.readInt16BE(6) / 10,
    };
    return [{ fields }];
  },
};
