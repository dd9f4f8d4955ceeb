import { z } from 'zod';
import { listen } from './fields.ts';
import type { Listen } from './site.ts';

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

/** A broker's addresses, of the site's own or of a link's. */
export interface BrokerListens {
  readonly listen?: Listen | undefined;
  readonly tls?: { readonly listen: Listen } | undefined;
  readonly websocket?: { readonly listen: Listen } | undefined;
}

export const listensOf = ({ listen, tls, websocket }: BrokerListens) => [
  ...(listen === undefined ? [] : [{ path: ['listen'], address: listen }]),
  ...(tls === undefined ? [] : [{ path: ['tls', 'listen'], address: tls.listen }]),
  ...(websocket === undefined ? [] : [{ path: ['websocket', 'listen'], address: websocket.listen }]),
];

/** As it stands in a site's files. */
export const encodeListen = ({ host, port }: Listen): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** The fields of a link that listens where the site's broker does. */
export function linkFieldsOf({ listen, tls, websocket }: SiteBroker): Record<string, unknown> {
  return {
    ...(listen && { listen: encodeListen(listen) }),
    ...(tls && { tls: { ...tls, listen: encodeListen(tls.listen) } }),
    ...(websocket && { websocket: { ...websocket, listen: encodeListen(websocket.listen) } }),
  };
}
