import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import type { Serve } from './door.ts';
import { type PemFiles, readPems } from './pem-files.ts';

/** Longer than a connection has to sign in: the door's own time-out comes first, and counts it. */
const HANDSHAKE_MS = 60_000;

/**
 * A server for those who show a certificate where they have one, and one for those who are not asked, each made when it is
 * first needed: some devices' TLS fails at the question. Whether a certificate is good is judged at sign-in. Without a CA of
 * the site nobody vouches: those of the system vouch for anybody.
 */
export async function openTlsServers<S>(
  files: PemFiles,
  asksClients: () => boolean,
  make: (options: TlsOptions & { readonly handshakeTimeout: number }) => S,
): Promise<() => S> {
  const { cert, key, ca = [] } = await readPems(files);
  const servers = new Map<boolean, S>();
  const serverThat = (requestCert: boolean): S => {
    const server =
      servers.get(requestCert) ??
      make({
        cert,
        key,
        ca,
        requestCert,
        rejectUnauthorized: false,
        minVersion: 'TLSv1.2',
        handshakeTimeout: HANDSHAKE_MS,
      });
    servers.set(requestCert, server);
    return server;
  };
  const serverNow = () => serverThat(asksClients() || files.ca !== undefined);
  // Certificate and key that do not fit are told here.
  serverNow();
  return serverNow;
}

/** Takes TLS handshakes on sockets that a door lets in. `onFailure` is told of those that fail. */
export async function serveTls(
  files: PemFiles,
  asksClients: () => boolean,
  onStream: (stream: TLSSocket) => void,
  onFailure: (error: Error) => void,
): Promise<Serve> {
  const serverNow = await openTlsServers(files, asksClients, (options) =>
    createServer(options).on('secureConnection', onStream).on('tlsClientError', onFailure),
  );
  return (socket) => void serverNow().emit('connection', socket);
}
