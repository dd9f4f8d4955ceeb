/** What a device measures, by the name of the field; a state by its number or its name. */
export type Fields = Readonly<Record<string, number | string>>;

type Encode = (fields: Fields) => readonly number[];

const number = (fields: Fields, name: string, otherwise = 0): number => {
  const value = fields[name] ?? otherwise;
  if (typeof value !== 'number') throw new Error(`${name} must be a number, and is ${value}`);
  return value;
};

const low = (value: number) => [value & 0xff, (value >> 8) & 0xff];
const high = (value: number) => low(value).reverse();
const long = (value: number) => [...low(value), ...low(value >>> 16)];
const times = (factor: number, value: number) => Math.round(value * factor);

/** A Milesight channel for each field that is there. */
const channels =
  (...parts: readonly (readonly [field: string, id: readonly number[], encode: Encode])[]): Encode =>
  (fields) =>
    parts.flatMap(([field, id, encode]) => (fields[field] === undefined ? [] : [...id, ...encode(fields)]));

const battery = ['battery', [0x01, 0x75], (fields: Fields) => [number(fields, 'battery')]] as const;
const byte = (field: string) => (fields: Fields) => [number(fields, field)];
const word = (field: string) => (fields: Fields) => low(number(fields, field));
const tenths = (field: string) => (fields: Fields) => low(times(10, number(fields, field)));
const AXES = ['x', 'y', 'z'];

const SMOKE_PARTS = ['battery', 'smoke', 'temperature'];

/** How each model that is simulated puts what it measures into bytes, after its maker's document. */
export const ENCODERS: Readonly<Record<string, Encode>> = {
  'milesight-em310-tilt': channels(battery, [
    'angle-z',
    [0x03, 0xcf],
    (fields) => [
      ...AXES.flatMap((axis) => low(times(100, number(fields, `angle-${axis}`)))),
      AXES.reduce((bits, axis, index) => bits | (number(fields, `alarm-${axis}`) << index), 0),
    ],
  ]),
  'milesight-em320-tilt': channels(battery, [
    'angle-z',
    [0x03, 0xd4],
    (fields) =>
      AXES.flatMap((axis) => low((times(100, number(fields, `angle-${axis}`)) * 2) | number(fields, `alarm-${axis}`))),
  ]),
  'milesight-em310-udl': channels(
    battery,
    ['distance', [0x03, 0x82], word('distance')],
    ['position', [0x04, 0x00], byte('position')],
  ),
  'milesight-em400': (fields) => {
    const isAlarm = fields['distance-alarm'] !== undefined || fields['temperature-alarm'] !== undefined;
    const temperature = tenths('temperature');
    const distance = word('distance');
    return isAlarm
      ? channels(
          ['temperature', [0x83, 0x67], (all) => [...temperature(all), number(all, 'temperature-alarm')]],
          ['distance', [0x84, 0x82], (all) => [...distance(all), number(all, 'distance-alarm')]],
        )(fields)
      : channels(
          battery,
          ['temperature', [0x03, 0x67], temperature],
          ['distance', [0x04, 0x82], distance],
          ['position', [0x05, 0x00], byte('position')],
        )(fields);
  },
  'milesight-em500-swl': channels(battery, ['depth', [0x03, 0x77], word('depth')]),
  'milesight-ws302': channels(battery, [
    'level',
    [0x05, 0x5b],
    (fields) => [
      0x05,
      ...['level', 'leq', 'max'].flatMap((each) =>
        tenths(each)({ ...fields, [each]: fields[each] ?? number(fields, 'level') }),
      ),
    ],
  ]),
  'milesight-gs101': channels(
    battery,
    ['gas', [0x05, 0x8e], byte('gas')],
    ['valve', [0x06, 0x01], byte('valve')],
    ['relay', [0x07, 0x01], byte('relay')],
    ['life', [0x08, 0x90], (fields) => long(number(fields, 'life'))],
    ['event', [0xff, 0x3f], byte('event')],
  ),
  'milesight-gs524n': (fields) => {
    const [full, clear, warm] = SMOKE_PARTS.map((each) => number(fields, each, each === 'battery' ? 100 : 0));
    const bytes = [0x22, 0x10 | number(fields, 'state', 7), full ?? 0, clear ?? 0, (warm ?? 0) & 0xff];
    return [...bytes, (256 - (bytes.reduce((sum, each) => sum + each, 0) % 256)) % 256];
  },
  'netvox-ra02a': (fields) => [
    ...[0x01, 0x0a, 0x01],
    (number(fields, 'battery-low', Number(fields.state === 'low-battery')) << 7) |
      times(10, number(fields, 'battery-voltage', 3)),
    number(fields, 'fire', Number(fields.state === 'alarm')),
    number(fields, 'heat', Number(fields.state === 'over-temperature')),
    ...high(times(10, number(fields, 'temperature', 20))),
    ...[0, 0, 0],
  ],
  'dragino-ldds75': (fields) => [
    ...high(times(1000, number(fields, 'battery-voltage', 3.3)) & 0x3fff),
    ...high(number(fields, 'distance')),
    number(fields, 'interrupt'),
  ],
};

/** The LoRaWAN port on which each maker sends its data. */
export const portOf = (model: string): number =>
  model.startsWith('milesight-') ? 85 : model.startsWith('netvox-') ? 6 : 2;

export function encode(model: string, fields: Fields): Buffer {
  const encoder = ENCODERS[model];
  if (encoder === undefined) throw new Error(`${model} is none of ${Object.keys(ENCODERS).join(', ')}`);
  return Buffer.from(encoder(fields));
}
