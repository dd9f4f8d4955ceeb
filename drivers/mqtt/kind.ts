import { z } from 'zod';
import type { Device, Driver, LinkSpec } from '../driver.ts';
import { parseJsonPath } from '../json-path.ts';
import { parseListen } from '../listen.ts';
import { checkLink } from './check.ts';
import { CODEC_NAMES } from './codecs/index.ts';
import { write } from './command.ts';
import { NETWORK_SERVER_NAMES } from './lorawan/index.ts';
import { topicFlaw } from './topic.ts';
import { urlFlaw } from './url.ts';

const jsonPath = z
  .string()
  .refine((text) => parseJsonPath(text) !== undefined, "must be a path such as $.la, $.list[0].v or $['odd key']");

const listenText = z
  .string()
  .refine((text) => parseListen(text) !== undefined, 'must be host:port, such as 127.0.0.1:1883');

const name = z.string().min(1).max(128);
const password = z.string().min(1).max(1024);

/** `chirpstack`, or with the account by which it signs in to the embedded broker. */
const server = z
  .union([
    z.enum(NETWORK_SERVER_NAMES),
    z.strictObject({
      kind: z.enum(NETWORK_SERVER_NAMES),
      /** The kind where it is left out. */
      username: name.optional(),
      password: password.optional(),
    }),
  ])
  .transform((given) => (typeof given === 'string' ? { kind: given } : given));

const link = z
  .object({
    /** Another broker in place of the embedded one: `mqtt://host:1883`, `mqtts://host:8883`. */
    url: z
      .string()
      .superRefine((text, context) => {
        const flaw = urlFlaw(text);
        if (flaw !== undefined) context.addIssue({ code: 'custom', message: flaw });
      })
      .optional(),
    /** By which the gateway signs in to the broker at `url`. */
    username: name.optional(),
    password: password.optional(),
    /** Paths of files (PEM) for `mqtts`: certificates trusted instead of the system's, the gateway's own and its key. */
    ca: z.string().min(1).optional(),
    cert: z.string().min(1).optional(),
    key: z.string().min(1).optional(),
    /** The LoRaWAN network server that publishes on this broker for its devices. */
    server: server.optional(),
    /** `host:port`; the site's `broker.listen` where it is left out. */
    listen: listenText.optional(),
    /** With TLS; each file (PEM) a path or the text itself. `ca` are those whose client certificates are believed. */
    tls: z
      .strictObject({
        listen: listenText,
        cert: z.string().min(1),
        key: z.string().min(1),
        ca: z.string().min(1).optional(),
      })
      .optional(),
    /** MQTT over WebSocket, by TLS with the certificate of `tls` where it says so. */
    websocket: z
      .strictObject({
        listen: listenText,
        path: z.string().startsWith('/', 'must begin with /').default('/mqtt'),
        tls: z.boolean().default(false),
      })
      .optional(),
    /** At each of its addresses. */
    maxConnections: z.int().min(1).max(10_000).default(1200),
    maxPacketBytes: z.int().min(1024).max(1_048_576).default(65_536),
  })
  .superRefine(({ url, username, password, ca, cert, key, tls, websocket }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (url === undefined) {
      for (const [field, value] of Object.entries({ username, password, ca, cert, key })) {
        if (value !== undefined) refuse(field, 'is for another broker: give its url, or take it away');
      }
    } else if (tls !== undefined || websocket !== undefined) {
      const message = 'is of the embedded broker: take it away, or the url of another one';
      refuse(tls === undefined ? 'websocket' : 'tls', message);
    } else if ((cert === undefined) !== (key === undefined)) {
      refuse(cert === undefined ? 'key' : 'cert', 'a certificate and its key come together');
    }
  });

const profile = z.object({
  /** A list in the payload, each element of which is a set of readings: paths of points and time are from the element. */
  readings: jsonPath.optional(),
  /** Where the device's own time stands in a payload: ISO 8601 with its zone, seconds or milliseconds. */
  time: jsonPath.optional(),
  /** The maker's binary payload, in place of JSON. */
  codec: z.enum(CODEC_NAMES).optional(),
});

const certificate = z
  .strictObject({
    /** Of its subject; the certificate must come from one of `tls.ca`. */
    commonName: z.string().min(1).max(128).optional(),
    /** SHA-256 of the certificate itself, which needs no CA then. */
    fingerprint: z
      .string()
      .regex(/^[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}$/, 'must be a SHA-256 of 32 bytes, in hex, in quotes')
      .optional(),
  })
  .refine(
    ({ commonName, fingerprint }) => (commonName === undefined) !== (fingerprint === undefined),
    'has a commonName or a fingerprint, and not both',
  );

const device = z
  .object({
    topic: z
      .string()
      .superRefine((topic, context) => {
        const flaw = topicFlaw(topic);
        if (flaw !== undefined) context.addIssue({ code: 'custom', message: flaw });
      })
      .optional(),
    /** The device's id where it is left out. */
    username: name.optional(),
    password: password.optional(),
    /** By which it signs in over TLS, in place of a password. */
    certificate: certificate.optional(),
    /** LoRaWAN, in place of a topic. */
    devEui: z
      .string()
      .regex(/^[0-9A-Fa-f]{16}$/, 'must be 16 hex digits, in quotes, such as "24e124710c123456"')
      .transform((text) => text.toLowerCase())
      .optional(),
    /** The network server's application, as it stands in its topics; whichever where it is left out. */
    application: z
      .string()
      .regex(/^[^+#/\s]{1,128}$/, 'must be as it stands in the network server’s topics')
      .optional(),
  })
  .superRefine(({ topic, devEui }, context) => {
    if ((topic === undefined) === (devEui === undefined)) {
      const message = 'a device has a topic, or as one of LoRaWAN a devEui, and not both';
      context.addIssue({ code: 'custom', path: [topic === undefined ? 'topic' : 'devEui'], message });
    }
  });

const point = z
  .object({
    json: jsonPath.optional(),
    /** Which of its codec's fields it is, or of the network server's: signal, snr, status-battery. */
    field: z.string().min(1).optional(),
    /** By which command it is written. */
    write: write.optional(),
  })
  .superRefine(({ json, field }, context) => {
    if ((json === undefined) === (field === undefined)) {
      const message = 'a point has a path into the payload (json), or with a codec a field of it (field)';
      context.addIssue({ code: 'custom', path: ['json'], message });
    }
  });

export type MqttDevice = Device<z.output<typeof device>, z.output<typeof profile>, z.output<typeof point>>;
export type MqttLinkSpec = LinkSpec<z.output<typeof link>, MqttDevice>;

/** Devices that publish to the gateway's own broker or to another, by themselves or through a network server. */
export const mqtt: Driver<typeof link, typeof profile, typeof device, typeof point> = {
  protocol: 'mqtt',
  links: { mqtt: link },
  profile,
  device,
  point,
  isWritable: ({ write }) => write !== undefined,
  check: checkLink,
  // Loaded with the first link of the kind.
  open: async (spec, context) => (await import('./link.ts')).openMqttLink(spec, context),
};
