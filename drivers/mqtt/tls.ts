import { createServer, type TLSSocket } from 'node:tls';
import type { Serve } from './door.ts';
import { type PemFiles, readPems } from './pem-files.ts';

/** Longer than a connection has to sign in: the door's own time-out comes first, and counts it. */
const HANDSHAKE_MS = 60_000;

/**
 * A server's options: the other side is asked for a certificate where one can say something, and whether it is good is
 * judged at sign-in. Without a CA of the site nobody vouches: those of the system vouch for anybody.
 */
export async function tlsOptions(files: PemFiles, asksClients: boolean) {
  const { cert, key, ca = [] } = await readPems(files);
  return {
    cert,
    key,
    ca,
    requestCert: asksClients || files.ca !== undefined,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_MS,
  } as const;
}

/** Takes TLS handshakes on sockets that a door lets in. `onFailure` is told of those that fail. */
export async function serveTls(
  files: PemFiles,
  asksClients: boolean,
  onStream: (stream: TLSSocket) => void,
  onFailure: (error: Error) => void,
): Promise<Serve> {
  const server = createServer(await tlsOptions(files, asksClients));
  server.on('secureConnection', onStream);
  server.on('tlsClientError', onFailure);
  return (socket) => void server.emit('connection', socket);
}
