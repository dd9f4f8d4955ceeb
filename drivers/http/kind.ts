import { z } from 'zod';
import { DURATION, parseDuration } from '#kit/duration.ts';
import type { Device, Driver, LinkSpec } from '../driver.ts';
import { parseJsonPath } from '../json-path.ts';
import { parseListen } from '../listen.ts';
import { CODEC_NAMES } from '../mqtt/codecs/index.ts';
import { checkHttpLink } from './check.ts';

const jsonPath = z
  .string()
  .refine((text) => parseJsonPath(text) !== undefined, "must be a path such as $.imei, $.list[0].v or $['odd key']");

const duration = (least: string, most: string) =>
  z
    .string()
    .regex(DURATION, 'must be a number and a unit of ms s min h d, such as 30s')
    .transform(parseDuration)
    .refine((ms) => ms >= parseDuration(least) && ms <= parseDuration(most), `must be from ${least} to ${most}`);

const header = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, "must be a header's name, such as X-Signature");
const secret = z.string().min(1).max(1024);
const username = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^":\\]+$/, 'must hold no ":", \'"\' or "\\"');

const auth = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('hmac-sha256'),
    header: header.default('X-Signature'),
    secret,
    /** Signed with the body, before it: without one an old push can be sent again once it is forgotten. */
    timestampHeader: header.optional(),
    join: z.string().max(8).default('.'),
    tolerance: duration('1s', '1h').prefault('5min'),
  }),
  z.strictObject({ kind: z.literal('sign-md5-token'), token: secret }),
  z.strictObject({ kind: z.literal('bearer'), token: secret }),
  z.strictObject({ kind: z.literal('path-token'), token: secret.min(16, 'must be at least 16 characters long') }),
  z.strictObject({ kind: z.literal('basic'), username, password: secret }),
  z.strictObject({ kind: z.literal('digest'), username, password: secret }),
]);
export type Auth = z.output<typeof auth>;

const isHttpUrl = (text: string): boolean => {
  const { protocol, username, password } = URL.parse(text) ?? {};
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
};

const link = z.object({
  /** `host:port` that takes pushes; or else `pull`. */
  listen: z
    .string()
    .refine((text) => parseListen(text) !== undefined, 'must be host:port, such as 0.0.0.0:8081')
    .optional(),
  /** `/push/` and the link's id where it is left out. */
  path: z
    .string()
    .regex(/^(\/[\w.~-]+)+$/, 'must be a path such as /push/carrier')
    .max(128)
    .optional(),
  /** Files in PEM. */
  tls: z.strictObject({ cert: z.string().min(1), key: z.string().min(1) }).optional(),
  auth: auth.optional(),
  /** A relay or a carrier's API that is asked, where nobody can reach the box. */
  pull: z
    .strictObject({
      url: z.string().refine(isHttpUrl, 'must be an address such as https://relay.example/messages, with no password'),
      every: duration('1s', '1h').prefault('10s'),
      token: secret.optional(),
    })
    .optional(),
  /** Its devices stand on the box's own network: no line is needed for them. */
  local: z.boolean().default(false),
  maxConnections: z.int().min(1).max(1000).default(64),
  maxBodyBytes: z.int().min(1024).max(8_388_608).default(3_145_728),
  /** A whole request must have come in by then. */
  timeout: duration('1s', '60s').prefault('10s'),
  /** Requests a second from one address. */
  maxRate: z.int().min(1).max(1000).default(50),
  pictures: z
    .strictObject({
      /** Pictures of one device; the oldest go first. */
      keep: z.int().min(1).max(1000).default(50),
      maxMb: z.int().min(1).max(4096).default(64),
    })
    .prefault({}),
});

const profile = z.object({
  /** Where the device's own id stands in a message; where it is left out, the path ends with it: `/push/cameras/cam-01`. */
  identity: jsonPath.optional(),
  /** A list of messages in one push; identity, id and time may stand in each or beside the list. */
  each: jsonPath.optional(),
  /** The sender's own id of a message, by which one that comes twice is known. */
  message: jsonPath.optional(),
  /** The device's own time: ISO 8601 with its zone, seconds or milliseconds. */
  time: jsonPath.optional(),
  /** Where a binary payload stands, and what is around it; `codec` says whose it is. */
  payload: z
    .strictObject({
      at: jsonPath,
      encoding: z.enum(['hex', 'base64']),
      wrapper: z.enum(['em400-nbiot']).optional(),
    })
    .optional(),
  codec: z.enum(CODEC_NAMES).optional(),
  /** A picture as base64; one that comes as a part beside the message needs no path. */
  picture: jsonPath.optional(),
});

const device = z.object({
  /** What the device calls itself (an IMEI, a MAC address); the device's id where it is left out. */
  identity: z.string().min(1).max(64).optional(),
});

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const point = z.object({
  /** Where it stands in the message; or else which field of the codec it is. */
  json: jsonPath.optional(),
  field: z.string().min(1).max(64).optional(),
  /** Path → what must stand there for the message to be of this point: `{ $.ds_id: "3300_0_5700" }`. */
  when: z.record(jsonPath, scalar).optional(),
  /** For events that have no end: after so long without one the state is `rest` again. */
  holdFor: duration('1s', '24h').optional(),
  rest: z.string().min(1).default('normal'),
});

export type HttpDevice = Device<z.output<typeof device>, z.output<typeof profile>, z.output<typeof point>>;
export type HttpOptions = z.output<typeof link>;
export type HttpLinkSpec = LinkSpec<HttpOptions, HttpDevice>;

/** Devices that a carrier's cloud pushes, and cameras that send events. */
export const http: Driver<typeof link, typeof profile, typeof device, typeof point> = {
  protocol: 'http',
  links: { http: link },
  profile,
  device,
  point,
  check: checkHttpLink,
  // Loaded only where a site has such a link.
  open: async (spec, context) => (await import('./link.ts')).openHttpLink(spec, context),
};
