import { readFile } from 'node:fs/promises';
import type { IClientOptions } from 'mqtt';
import { z } from 'zod';
import { DURATION, parseDuration } from '#kit/duration.ts';
import { Fault, textOf } from '#kit/fault.ts';
import { UPSTREAM_FAULTS } from './faults.ts';
import { statusMessage } from './mqtt-message.ts';
import type { UpstreamContext } from './upstream.ts';

const duration = (initial: string) =>
  z.string().regex(DURATION, 'must be a duration such as 10s').default(initial).transform(parseDuration);

function urlFlaw(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !['mqtt:', 'mqtts:'].includes(url.protocol) || url.hostname === '') {
    return 'must be mqtt://host:port or mqtts://host:port';
  }
  if (url.username !== '' || url.password !== '') return 'must not hold credentials: use username and password';
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') return 'must end after the port';
  return undefined;
}

export const mqttOptions = z.object({
  url: z.string().superRefine((text, context) => {
    const flaw = urlFlaw(text);
    if (flaw !== undefined) context.addIssue({ code: 'custom', message: flaw });
  }),
  username: z.string().min(1).optional(),
  password: z.string().optional(),
  /** MQTT 3.1.1 is 4. */
  version: z.union([z.literal(4), z.literal(5)]).default(5),
  /** Events in flight at most; the broker's receive maximum may lower it. */
  window: z.int().min(1).max(1000).default(50),
  ackTimeout: duration('10s'),
  /** Where a new upstream begins: at the log's present end, or with the whole log. */
  from: z.enum(['end', 'all']).default('end'),
  /** `gengfu-{gateway}` where it is left out. */
  clientId: z.string().min(1).max(128).optional(),
  /** Path of a file of certificates (PEM) that `mqtts` trusts instead of the system's. */
  ca: z.string().optional(),
  keepalive: duration('30s'),
});

export type MqttOptions = z.output<typeof mqttOptions>;

const DEFAULT_PORTS = { mqtt: 1883, mqtts: 8883 } as const;

/** The client's options for one connection; read anew for each, so that a renewed certificate is taken. */
export async function connectionOf(options: MqttOptions, context: UpstreamContext): Promise<IClientOptions | Fault> {
  const { gateway, version } = context;
  const url = new URL(options.url);
  const protocol = url.protocol === 'mqtts:' ? 'mqtts' : 'mqtt';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const will = statusMessage({ state: 'offline', gateway, version, clock: null, backlog: null, at: null });
  let ca: Buffer | undefined;
  try {
    ca = options.ca === undefined ? undefined : await readFile(options.ca);
  } catch (error) {
    const hint = 'see ca of this upstream';
    return new Fault(UPSTREAM_FAULTS.certificate, `cannot read ${options.ca}: ${textOf(error)}`, {
      cause: error,
      hint,
    });
  }
  return {
    protocol,
    host,
    hostname: host,
    port: url.port === '' ? DEFAULT_PORTS[protocol] : Number(url.port),
    protocolVersion: options.version,
    clientId: options.clientId ?? `gengfu-${gateway}`,
    keepalive: Math.max(1, Math.round(options.keepalive / 1000)),
    will: { topic: will.topic, payload: will.payload, qos: 1, retain: true },
    ...(options.username !== undefined && { username: options.username }),
    ...(options.password !== undefined && { password: options.password }),
    ...(ca && { ca }),
  };
}
