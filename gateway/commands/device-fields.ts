import { parse } from 'yaml';
import { wrongUsage } from './arguments.ts';

/** Options that are fields of a device as they stand, a text each. */
const TEXTS = {
  id: 'id',
  name: 'name',
  profile: 'profile',
  link: 'link',
  scene: 'scene',
  every: 'every',
  height: 'height',
  topic: 'topic',
  mn: 'mn',
  'dev-eui': 'devEui',
  identity: 'identity',
  registration: 'registration',
  username: 'username',
  password: 'password',
} as const;

/** Options that are fields of its entry in the register. */
const ASSET = {
  serial: 'serial',
  maker: 'maker',
  model: 'model',
  owner: 'owner',
  maintainer: 'maintainer',
  certificate: 'certificate',
  'valid-until': 'validUntil',
  grade: 'grade',
  'installed-on': 'installedOn',
} as const;

const text = { type: 'string' } as const;
const textsOf = <K extends string>(names: readonly K[]) =>
  Object.fromEntries(names.map((name) => [name, text])) as Record<K, typeof text>;

/** What `parseArgs` is given for a device's fields. */
export const DEVICE_OPTIONS = {
  ...textsOf(Object.keys(TEXTS) as (keyof typeof TEXTS)[]),
  ...textsOf(Object.keys(ASSET) as (keyof typeof ASSET)[]),
  address: text,
  grid: text,
  at: text,
  tag: { type: 'string', multiple: true },
  set: { type: 'string', multiple: true },
} as const;

type Values = Readonly<Record<string, unknown>>;

/** The device that the options say, as a file of the site would have it; what they leave out is not there. */
export function deviceFields(values: Values): Record<string, unknown> {
  const given = (names: Readonly<Record<string, string>>) =>
    Object.entries(names).flatMap(([option, field]) => (values[option] === undefined ? [] : [[field, values[option]]]));
  const asset = Object.fromEntries(given(ASSET));
  const place = {
    ...(values.grid === undefined ? {} : { grid: values.grid }),
    ...(values.at === undefined ? {} : { at: lonLat(String(values.at)) }),
  };
  return {
    ...Object.fromEntries(given(TEXTS)),
    ...(values.address === undefined ? {} : { address: scalarOf(String(values.address)) }),
    ...(values.tag === undefined ? {} : { tags: values.tag }),
    ...(Object.keys(place).length === 0 ? {} : { place }),
    ...(Object.keys(asset).length === 0 ? {} : { asset }),
    ...Object.fromEntries((Array.isArray(values.set) ? values.set : []).map((each: string) => fieldOf(each))),
  };
}

/** `--at LON,LAT`, in WGS 84. */
function lonLat(given: string): number[] {
  const parts = given.split(/[,，]/).map((part) => Number(part.trim() || Number.NaN));
  if (parts.length !== 2 || parts.some((part) => !Number.isFinite(part))) {
    throw wrongUsage(`--at is LONGITUDE,LATITUDE such as 120.7551,30.7466, not ${given}`);
  }
  return parts;
}

/** `--set KEY=VALUE`: any other field, its value as YAML has it. */
function fieldOf(given: string): [string, unknown] {
  const [, key, value] = /^([A-Za-z][\w.-]*)=(.*)$/s.exec(given) ?? [];
  if (key === undefined || value === undefined) throw wrongUsage(`--set is KEY=VALUE, not ${given}`);
  return [key, scalarOf(value)];
}

function scalarOf(given: string): unknown {
  try {
    return parse(given, { logLevel: 'silent' });
  } catch {
    // A text that is no YAML by itself is that text.
    return given;
  }
}
