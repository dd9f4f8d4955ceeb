import type { Codec, Fields } from './codec.ts';
import { milesight } from './milesight.ts';

const AXES = ['x', 'y', 'z'] as const;

/** Angles are to the three axes; an alarm is 1 while its axis is beyond the threshold set in the device. */
const FIELDS: Codec['fields'] = {
  'angle-x': 'deg',
  'angle-y': 'deg',
  'angle-z': 'deg',
  'alarm-x': '',
  'alarm-y': '',
  'alarm-z': '',
  /** 1 while any of them is. */
  alarm: '',
};

function tilt(axes: readonly { readonly angle: number; readonly beyond: boolean }[]): Fields {
  const each = AXES.flatMap((axis, index) => [
    [`angle-${axis}`, axes[index]?.angle ?? null],
    [`alarm-${axis}`, Number(axes[index]?.beyond ?? false)],
  ]);
  return { ...Object.fromEntries(each), alarm: Number(axes.some(({ beyond }) => beyond)) };
}

/** EM310-TILT: hundredths of a degree, then a byte of which bits 0, 1 and 2 are the thresholds of x, y and z. */
export const em310Tilt: Codec = milesight(FIELDS, {
  '03cf': {
    bytes: 7,
    read: (value) =>
      tilt(
        AXES.map((_, index) => ({
          angle: value.readInt16LE(2 * index) / 100,
          beyond: ((value.readUInt8(6) >> index) & 1) === 1,
        })),
      ),
  },
});

/** EM320-TILT: of each axis bit 0 is its threshold, the rest hundredths of a degree. */
export const em320Tilt: Codec = milesight(FIELDS, {
  '03d4': {
    bytes: 6,
    read: (value) =>
      tilt(
        AXES.map((_, index) => {
          const raw = value.readInt16LE(2 * index);
          return { angle: (raw >> 1) / 100, beyond: (raw & 1) === 1 };
        }),
      ),
  },
});
