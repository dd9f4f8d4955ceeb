import { z } from 'zod';
import { listensOf } from './broker-listens.ts';
import { listen } from './fields.ts';

const file = z.string().min(1);

/** The site's own broker: where it listens, at least one of the three. */
export const broker = z
  .strictObject({
    listen: listen.optional(),
    /** With TLS: each file a path, or `${file:PATH}`; `ca` are those whose client certificates are believed. */
    tls: z.strictObject({ listen, cert: file, key: file, ca: file.optional() }).optional(),
    /** MQTT over WebSocket; `tls: true` with the certificate of `tls`. */
    websocket: z
      .strictObject({
        listen,
        path: z.string().startsWith('/', 'must begin with /').default('/mqtt'),
        tls: z.boolean().default(false),
      })
      .optional(),
  })
  .superRefine((given, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (listensOf(given).length === 0) refuse([], 'needs an address: listen: "127.0.0.1:1883", or tls or websocket');
    if (given.websocket?.tls && given.tls === undefined) {
      refuse(['websocket', 'tls'], 'needs a certificate: give broker.tls its listen, cert and key');
    }
  });

export type SiteBroker = z.output<typeof broker>;
