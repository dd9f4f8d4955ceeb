import { z } from 'zod';
import type { Device, Driver, LinkSpec } from '../driver.ts';
import { parseJsonPath } from '../json-path.ts';
import { parseListen } from '../listen.ts';
import { checkDevices } from './check.ts';
import { openMqttLink } from './link.ts';
import { topicFlaw } from './topic.ts';

const jsonPath = z
  .string()
  .refine((text) => parseJsonPath(text) !== undefined, "must be a path such as $.la, $.list[0].v or $['odd key']");

const link = z.object({
  /** `host:port`; the site's `broker.listen` where it is left out. */
  listen: z
    .string()
    .refine((text) => parseListen(text) !== undefined, 'must be host:port, such as 127.0.0.1:1883')
    .optional(),
  maxConnections: z.int().min(1).max(10_000).default(1000),
  maxPacketBytes: z.int().min(1024).max(1_048_576).default(65_536),
});

const profile = z.object({
  /** Where the device's own time stands in a payload: ISO 8601 with its zone, seconds or milliseconds. */
  time: jsonPath.optional(),
});

const device = z.object({
  topic: z.string().superRefine((topic, context) => {
    const flaw = topicFlaw(topic);
    if (flaw !== undefined) context.addIssue({ code: 'custom', message: flaw });
  }),
  /** The device's id where it is left out. */
  username: z.string().min(1).max(128).optional(),
  password: z.string().min(1).max(1024).optional(),
});

const point = z.object({ json: jsonPath });

export type MqttDevice = Device<z.output<typeof device>, z.output<typeof profile>, z.output<typeof point>>;
export type MqttLinkSpec = LinkSpec<z.output<typeof link>, MqttDevice>;

/** Devices that publish to the gateway's own broker. */
export const mqtt: Driver<typeof link, typeof profile, typeof device, typeof point> = {
  protocol: 'mqtt',
  links: { mqtt: link },
  profile,
  device,
  point,
  check: ({ devices }) => checkDevices(devices),
  open: openMqttLink,
};
