import { z } from 'zod';
import { DURATION, parseDuration } from '#kit/duration.ts';

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
