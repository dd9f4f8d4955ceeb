import type { Codec } from './codec.ts';
import { milesight } from './milesight.ts';

/** Bits 0 and 1 of the first byte. */
const A_WEIGHTED = 1;

/**
 * WS302: tenths of a decibel. A level that is not A-weighted is no noise level of the rules, so a device that is set to
 * Z or C gives "no value" for each.
 */
export const ws302: Codec = milesight(
  { level: 'dB(A)', leq: 'dB(A)', max: 'dB(A)' },
  {
    '055b': {
      bytes: 7,
      read(value) {
        const isA = (value.readUInt8(0) & 0b11) === A_WEIGHTED;
        const at = (offset: number) => (isA ? value.readUInt16LE(offset) / 10 : null);
        return { level: at(1), leq: at(3), max: at(5) };
      },
    },
  },
);
