import { z } from 'zod';
import { alarmSettings } from './alarm-settings.ts';
import { asset } from './asset.ts';
import { broker } from './broker.ts';
import { clock } from './clock.ts';
import { dayWindow, duration, id, length, listen, period, place, title } from './fields.ts';
import { profileTest } from './profile-tests.ts';
import { register } from './register.ts';

/** Anything, in a list: looked at more closely by its own kind. */
const list = z.array(z.unknown()).nullish();

/** The lists that any file of the site but people.yaml may hold. */
export const lists = z.strictObject({
  links: list,
  devices: list,
  rules: list,
  permits: list,
  derive: list,
  plans: list,
  cards: list,
  outputs: list,
});
export type ListName = keyof typeof lists.shape;

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

/** An entry of `packs`: its name, or its name and what is to be otherwise, by rule. */
const packUse = z.union([
  z.string(),
  z.strictObject({
    pack: z.string(),
    /** Rule → the part of it that is to be otherwise; merged into it, null takes a key away. */
    override: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  }),
]);
export type PackUse = z.output<typeof packUse>;

/** What `site.yaml` holds beside lists. */
export const siteFile = z.strictObject({
  /** In every topic and id. */
  gateway: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'must be of small letters, digits and "-"')
    .max(64, 'must be at most 64 characters long'),
  name: z.string().min(1).optional(),
  timeZone: z.string().refine(isTimeZone, 'is not a time zone that is known here; one is Asia/Shanghai'),
  place: place.optional(),
  /** Of every device that does not say otherwise. */
  register: register.optional(),
  windows: z.record(id, dayWindow).nullish(),
  packs: z.array(packUse).nullish(),
  clock: clock.prefault({}),
  /** How long a point may be not evaluable before that is an alarm of its own. */
  notEvaluableAfter: duration.prefault('45min'),
  alarms: alarmSettings.prefault({}),
  console: z.strictObject({ listen }).prefault({ listen: '127.0.0.1:8080' }),
  broker: broker.optional(),
  upstreams: list,
  channels: list,
});

export const sinkCommon = z.strictObject({ id, kind: z.string() });

export const linkCommon = z.strictObject({ id, kind: z.string() });

/** Of numbers that mean "no value", raw as they come. */
const invalid = z.array(z.number());
const range = z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high, 'must have its lower end first');
const states = z.record(z.string(), z.string());
/** Code of a unit, as the device itself says it → that unit. */
const units = z.record(z.string(), z.string());

export const pointCommon = z.strictObject({
  id,
  title: title.optional(),
  quantity: z.string(),
  /** That of the values as they come; the quantity's own when left out. */
  unit: z.string().optional(),
  /** Where the device itself says in which unit it measures: what its codes mean. */
  units: units.optional(),
  every: period.optional(),
  /** The value is what is left of the device's height when what is measured is taken away: a depth of a distance. */
  from: z.literal('height').optional(),
  /** In the point's own unit, of what is measured. */
  range: range.optional(),
  invalid: invalid.optional(),
  states: states.optional(),
});

export const profileCommon = z.strictObject({
  profile: id,
  title: title.optional(),
  protocol: z.string(),
  every: period,
  /** Where the facts come from. */
  source: z.string().optional(),
  /** It says what such a device has, not where: no device can have it before a copy says that too. */
  template: z.boolean().default(false),
  tests: z.array(profileTest).default([]),
  points: z.array(z.unknown()).min(1, 'must have at least one point'),
});

export const deviceCommon = z.strictObject({
  id,
  name: z.string().min(1).optional(),
  profile: z.string(),
  link: z.string(),
  scene: z.string().min(1).optional(),
  place: place.optional(),
  asset: asset.optional(),
  register: register.optional(),
  /** How high it hangs above the surface that it looks down to, millimetres. */
  height: length.optional(),
  tags: z.array(z.string().min(1)).default([]),
  every: period.optional(),
  /** Point → what is otherwise than in its profile. */
  points: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});

/** A pack of rules that ships. */
export const packFile = z.strictObject({
  pack: id,
  title,
  rules: z.array(z.unknown()).min(1),
  /** Points that its rules stand on. */
  derive: z.array(z.unknown()).default([]),
});
