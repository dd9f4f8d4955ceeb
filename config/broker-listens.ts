import type { SiteBroker } from './broker.ts';
import type { Listen } from './site.ts';

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
