import type { Fields } from '../../../../drivers/mqtt/codecs/codec.ts';
import type { CodecName } from '../../../../drivers/mqtt/codecs/index.ts';

/** Devices' own encoders, for those that have one form for what they say: fields → bytes. */
type Encode = (fields: Fields) => readonly number[];

const number = (fields: Fields, name: string): number => {
  const value = fields[name];
  if (typeof value !== 'number') throw new TypeError(`${name} is ${value}`);
  return value;
};
const little = (value: number): readonly number[] => [value & 0xff, (value >> 8) & 0xff];
const big = (value: number): readonly number[] => [...little(value)].reverse();
const tenths = (value: number): number => Math.round(value * 10);
const hundredths = (value: number): number => Math.round(value * 100);
const AXES = ['x', 'y', 'z'];

const battery = (fields: Fields): readonly number[] =>
  fields.battery === undefined ? [] : [0x01, 0x75, number(fields, 'battery')];

const level = (fields: Fields, own: Readonly<Record<string, Encode>>): readonly number[] => [
  ...battery(fields),
  ...Object.entries(own).flatMap(([name, encode]) => (fields[name] === undefined ? [] : encode(fields))),
];

export const ENCODERS: Partial<Readonly<Record<CodecName, Encode>>> = {
  'milesight-em310-tilt': (fields) => [
    ...battery(fields),
    ...[0x03, 0xcf],
    ...AXES.flatMap((axis) => little(hundredths(number(fields, `angle-${axis}`)))),
    AXES.reduce((bits, axis, index) => bits | (number(fields, `alarm-${axis}`) << index), 0),
  ],
  'milesight-em320-tilt': (fields) => [
    ...battery(fields),
    ...[0x03, 0xd4],
    ...AXES.flatMap((axis) =>
      little((hundredths(number(fields, `angle-${axis}`)) << 1) | number(fields, `alarm-${axis}`)),
    ),
  ],
  'milesight-em310-udl': (fields) =>
    level(fields, {
      distance: () => [0x03, 0x82, ...little(number(fields, 'distance'))],
      position: () => [0x04, 0x00, number(fields, 'position')],
    }),
  'milesight-em500-swl': (fields) => level(fields, { depth: () => [0x03, 0x77, ...little(number(fields, 'depth'))] }),
  'milesight-ws302': (fields) => [
    ...battery(fields),
    ...[0x05, 0x5b, 0x05],
    ...['level', 'leq', 'max'].flatMap((name) => little(tenths(number(fields, name)))),
  ],
  'milesight-gs524n': (fields) => {
    const state = 0x10 | number(fields, 'state');
    const bytes = [
      0x22,
      state,
      number(fields, 'battery'),
      number(fields, 'smoke'),
      number(fields, 'temperature') & 0xff,
    ];
    return [...bytes, -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff];
  },
  'netvox-ra02a': (fields) => [
    ...[0x01, 0x0a, 0x01],
    (number(fields, 'battery-low') << 7) | tenths(number(fields, 'battery-voltage')),
    ...[number(fields, 'fire'), number(fields, 'heat')],
    ...big(tenths(number(fields, 'temperature'))),
    ...[0, 0, 0],
  ],
};
