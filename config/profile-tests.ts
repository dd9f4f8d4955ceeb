import { z } from 'zod';
import { id, length } from './fields.ts';

const word = z.int().min(0).max(0xffff);
/** Address → one value, or those of the addresses from there on. */
const table = z.record(
  z.string().regex(/^\d+$/, 'must be an address, such as 0x0000'),
  z.union([word, z.array(word).min(1)]),
);

/** What a point gives: a good value as it is, or what is to be said of it. Values are in the quantity's own unit. */
const expected = z.union([
  z.number(),
  z.string(),
  z.strictObject({
    value: z.union([z.number(), z.string(), z.null()]).optional(),
    quality: z.enum(['good', 'uncertain', 'bad']).default('good'),
    code: z.string().optional(),
  }),
]);

/** Raw data as a device sends it; each protocol has its own. */
const given = {
  /** Modbus. What is not given reads as 0. */
  holding: table.optional(),
  input: table.optional(),
  coil: table.optional(),
  discrete: table.optional(),
  /** MQTT: text as it comes, or what stands for its JSON. */
  payload: z.unknown().optional(),
  /** MQTT: a binary payload, two digits a byte; of a LoRaWAN uplink its FRMPayload. */
  hex: z
    .string()
    .regex(/^([0-9a-fA-F]{2}\s*)+$/, 'must be bytes of two digits each, such as 03CF0000')
    .optional(),
  /** LoRaWAN: 1 to 223. */
  fPort: z.int().min(1).max(223).optional(),
  /** LoRaWAN: what the network server gives beside it, by field: signal, snr, status-battery. */
  network: z.record(z.string(), z.number()).optional(),
  /** HJ 212: a whole frame, with or without its CR LF. */
  frame: z.string().min(1).optional(),
  /** HTTP: text as it comes, or what stands for its JSON. */
  body: z.unknown().optional(),
  /** The cabinet itself: point → what its source says, a number in the point's own unit. */
  box: z.record(id, z.union([z.number(), z.string()])).optional(),
};

/** Raw data alone, for a model that is tried. */
export const profileData = z.strictObject(given);
export type ProfileData = z.output<typeof profileData>;

/** One of a profile's own tests: raw data → what its points give. */
export const profileTest = z.strictObject({
  /** A sentence. */
  is: z.string().min(1),
  /** Of the device, where a point is taken from its height. */
  height: length.optional(),
  ...given,
  /** Point → what it gives; points that are not named are not looked at. */
  expect: z.record(id, expected),
});
export type ProfileTest = z.output<typeof profileTest>;
export type Expected = z.output<typeof expected>;
