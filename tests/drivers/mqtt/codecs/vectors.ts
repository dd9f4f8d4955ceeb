import type { Fields } from '../../../../drivers/mqtt/codecs/codec.ts';
import type { CodecName } from '../../../../drivers/mqtt/codecs/index.ts';

/** A payload as a device of that model sends it, and what it says. */
export interface Vector {
  readonly codec: CodecName;
  readonly is: string;
  readonly hex: string;
  readonly fields: Fields;
  /** Fields of what it kept, by their time in seconds. */
  readonly kept?: Readonly<Record<number, Fields>>;
}

const tilt = (angles: readonly number[], alarms: readonly number[]): Fields => ({
  'angle-x': angles[0] ?? null,
  'angle-y': angles[1] ?? null,
  'angle-z': angles[2] ?? null,
  'alarm-x': alarms[0] ?? null,
  'alarm-y': alarms[1] ?? null,
  'alarm-z': alarms[2] ?? null,
  alarm: Math.max(...alarms),
});

export const VECTORS: readonly Vector[] = [
  {
    codec: 'milesight-em310-tilt',
    is: 'on its side, beyond all thresholds',
    hex: '03CF00000000282307',
    fields: tilt([0, 0, 90], [1, 1, 1]),
  },
  {
    codec: 'milesight-em310-tilt',
    is: 'negative angles, y beyond its threshold, with a battery',
    hex: '01754603CF9CFFD0D8010002',
    fields: { battery: 70, ...tilt([-1, -100.32, 0.01], [0, 1, 0]) },
  },
  {
    codec: 'milesight-em320-tilt',
    is: 'y beyond its threshold',
    hex: '01756403D4000001005046',
    fields: { battery: 100, ...tilt([0, 0, 90], [0, 1, 0]) },
  },
  {
    codec: 'milesight-em320-tilt',
    is: 'a negative angle with its threshold',
    hex: '03D439FF00000000',
    fields: tilt([-1, 0, 0], [1, 0, 0]),
  },
  {
    codec: 'milesight-em310-udl',
    is: 'tilted',
    hex: '01755C03824408040001',
    fields: { battery: 92, distance: 2116, position: 1 },
  },
  {
    codec: 'milesight-em310-udl',
    is: 'as it starts: what it is, and no value',
    hex: 'FF0BFFFF0101FF166746D38802580000FF090100FF0A0101FF0F00FFFE01FFFF0100',
    fields: {},
  },
  {
    codec: 'milesight-em400',
    is: 'temperature and distance, each with its alarm',
    hex: '8367E800018482410601',
    fields: { temperature: 23.2, 'temperature-alarm': 1, distance: 1601, 'distance-alarm': 1 },
  },
  {
    codec: 'milesight-em400',
    is: 'a report in frost, upright',
    hex: '01755C03679CFF04824408050000',
    fields: { battery: 92, temperature: -10, distance: 2116, position: 0 },
  },
  { codec: 'milesight-em500-swl', is: 'shallow', hex: '01756403770200', fields: { battery: 100, depth: 2 } },
  {
    codec: 'milesight-em500-swl',
    is: 'two depths that it kept, and the present one',
    hex: '20CE80C6576A0A0020CE8CC6576A0B0003770C00',
    fields: { depth: 12 },
    kept: { 1784137344: { depth: 10 }, 1784137356: { depth: 11 } },
  },
  {
    codec: 'milesight-ws302',
    is: 'A-weighted, fast',
    hex: '017564055B053F02DA016A02',
    fields: { battery: 100, level: 57.5, leq: 47.4, max: 61.8 },
  },
  {
    codec: 'milesight-ws302',
    is: 'C-weighted, which is no dB(A)',
    hex: '055B063F02DA016A02',
    fields: { level: null, leq: null, max: null },
  },
  {
    codec: 'milesight-gs101',
    is: 'gas, valve shut off',
    hex: '058E01060101070100089080969800',
    fields: { gas: 1, valve: 1, relay: 0, life: 10_000_000 },
  },
  { codec: 'milesight-gs101', is: 'a fault', hex: 'FF3F02', fields: { event: 2, health: 'fault' } },
  { codec: 'milesight-gs101', is: 'no fault any more', hex: 'FF3F03', fields: { event: 3, health: 'normal' } },
  { codec: 'milesight-gs101', is: 'expires soon', hex: 'FF3F04', fields: { event: 4 } },
  {
    codec: 'milesight-gs524n',
    is: 'a test',
    hex: '221E64001C40',
    fields: { state: 14, battery: 100, smoke: 0, temperature: 28 },
  },
  {
    codec: 'milesight-gs524n',
    is: 'a fire in frost',
    hex: '22115A30F64D',
    fields: { state: 1, battery: 90, smoke: 48, temperature: -10 },
  },
  {
    codec: 'netvox-ra02a',
    is: 'a low battery',
    hex: '010A019800000104000000',
    fields: { state: 'low-battery', fire: 0, heat: 0, 'battery-low': 1, 'battery-voltage': 2.4, temperature: 26 },
  },
  {
    codec: 'netvox-ra02a',
    is: 'fire and heat',
    hex: '010A011E01010258000000',
    fields: { state: 'alarm', fire: 1, heat: 1, 'battery-low': 0, 'battery-voltage': 3, temperature: 60 },
  },
  {
    codec: 'netvox-ra02a',
    is: 'frost',
    hex: '010A011E0000FF9C000000',
    fields: { state: 'normal', fire: 0, heat: 0, 'battery-low': 0, 'battery-voltage': 3, temperature: -10 },
  },
  {
    codec: 'netvox-ra02a',
    is: 'heat without fire',
    hex: '010A011E00010258000000',
    fields: { state: 'over-temperature', fire: 0, heat: 1, 'battery-low': 0, 'battery-voltage': 3, temperature: 60 },
  },
  {
    codec: 'dragino-ldds75',
    is: 'a distance',
    hex: '0B45070800',
    fields: { 'battery-voltage': 2.885, distance: 1800, interrupt: 0 },
  },
  {
    codec: 'dragino-ldds75',
    is: 'a distance that is invalid, after an interrupt',
    hex: 'CB45001301',
    fields: { 'battery-voltage': 2.885, distance: null, interrupt: 1 },
  },
  {
    codec: 'dragino-ldds75',
    is: 'the longer payload',
    hex: '0B45070800FF9C01',
    fields: { 'battery-voltage': 2.885, distance: 1800, interrupt: 0, temperature: -10, 'sensor-present': 1 },
  },
];
