interface Unit {
  readonly dimension: string;
  /** To the dimension's base: `value × factor + offset`. */
  readonly factor: number;
  readonly offset: number;
}

const unit = (dimension: string, factor = 1, offset = 0): Unit => ({ dimension, factor, offset });

/** Units by their name in files; after UCUM where it has one. */
const UNITS: Readonly<Record<string, Unit>> = {
  'dB(A)': unit('sound level'),
  dBm: unit('signal level'),
  mm: unit('length', 1),
  cm: unit('length', 10),
  m: unit('length', 1000),
  'ng/m3': unit('mass concentration', 0.001),
  'ug/m3': unit('mass concentration', 1),
  'mg/m3': unit('mass concentration', 1000),
  'g/m3': unit('mass concentration', 1_000_000),
  mA: unit('current', 1),
  A: unit('current', 1000),
  mV: unit('voltage', 1),
  V: unit('voltage', 1000),
  Pa: unit('pressure', 1),
  hPa: unit('pressure', 100),
  mbar: unit('pressure', 100),
  kPa: unit('pressure', 1000),
  bar: unit('pressure', 100_000),
  kB: unit('data', 0.001),
  MB: unit('data', 1),
  GB: unit('data', 1000),
  events: unit('count', 1),
  '%': unit('share', 1),
  '1': unit('share', 100),
  deg: unit('angle', 1),
  rad: unit('angle', 180 / Math.PI),
  'm/s': unit('speed', 1),
  'km/h': unit('speed', 1 / 3.6),
  'mm/h': unit('rain', 1),
  'mm/min': unit('rain', 60),
  Cel: unit('temperature', 1),
  K: unit('temperature', 1, -273.15),
  degF: unit('temperature', 5 / 9, -160 / 9),
};

/** What people write for them, to be named in a hint. */
const SPELLINGS: Readonly<Record<string, string>> = {
  '°C': 'Cel',
  '℃': 'Cel',
  C: 'Cel',
  celsius: 'Cel',
  kelvin: 'K',
  '°F': 'degF',
  fahrenheit: 'degF',
  '°': 'deg',
  degree: 'deg',
  dBA: 'dB(A)',
  dB: 'dB(A)',
  'mg/m³': 'mg/m3',
  'ug/m³': 'ug/m3',
  'µg/m3': 'ug/m3',
  'μg/m3': 'ug/m3',
  'µg/m³': 'ug/m3',
  'μg/m³': 'ug/m3',
  percent: '%',
};

export interface Conversion {
  readonly factor: number;
  readonly offset: number;
}

export const SAME: Conversion = { factor: 1, offset: 0 };

/** `value in from × factor + offset = value in to`; undefined where there is no such conversion. */
export function planConversion(from: string, to: string): Conversion | undefined {
  if (from === to) return SAME;
  const source = Object.hasOwn(UNITS, from) ? UNITS[from] : undefined;
  const target = Object.hasOwn(UNITS, to) ? UNITS[to] : undefined;
  if (source === undefined || target === undefined || source.dimension !== target.dimension) return undefined;
  return { factor: source.factor / target.factor, offset: (source.offset - target.offset) / target.factor };
}

/** Every unit that converts to that one, itself first. */
export function unitsOf(to: string): string[] {
  return [to, ...Object.keys(UNITS).filter((name) => name !== to && planConversion(name, to) !== undefined)];
}

/** How a unit that someone spelled otherwise is written here. */
export const spellingOf = (text: string): string | undefined =>
  [text, text.toLowerCase()]
    .map((name) => (Object.hasOwn(SPELLINGS, name) ? SPELLINGS[name] : undefined))
    .find(Boolean);
