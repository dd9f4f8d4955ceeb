import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import type { Serve } from './door.ts';
import type { PemFiles } from './pem-files.ts';
import { openTlsServers } from './tls.ts';

export interface WebSocketOptions {
  readonly path: string;
  readonly tls: PemFiles | undefined;
  /** Over TLS: clients are asked for a certificate, as it is when they come. */
  readonly asksClients: () => boolean;
  /** The largest frame, and the largest message of several. */
  readonly maxFrameBytes: number;
}

/** Why a connection did not become, or remain, one of MQTT: for counters and the log. */
export type WebSocketFlaw = 'upgrade' | 'too-large' | 'text' | 'tls';

/** Names of section 6 of MQTT 3.1.1 and, for older libraries, of MQTT 3.1. */
const SUBPROTOCOLS = ['mqtt', 'mqttv3.1'];
const HEADER_BYTES = 8192;
const TOO_LARGE = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';

/** MQTT over WebSocket (section 6) on sockets that a door lets in; with certificates over TLS. */
export async function serveWebSocket(
  { path, tls, asksClients, maxFrameBytes }: WebSocketOptions,
  onStream: (stream: Duplex, request: IncomingMessage) => void,
  onFlaw: (flaw: WebSocketFlaw) => void,
): Promise<Serve> {
  const options = { maxHeaderSize: HEADER_BYTES, keepAlive: false };
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
    handleProtocols: (offered) => SUBPROTOCOLS.find((each) => offered.has(each)) ?? false,
  });

  const serve = (server: Server) => {
    server.on('request', (_request, response) => {
      onFlaw('upgrade');
      response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const reason = flawOf(request, path);
      if (reason === undefined) {
        sockets.handleUpgrade(request, socket, head, (ws) => {
          watch(ws, onFlaw);
          onStream(createWebSocketStream(ws), request);
        });
        return;
      }
      onFlaw('upgrade');
      socket.end(`HTTP/1.1 ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    });
    // One that is no HTTP, or whose upgrade is broken, is answered and ended.
    server.on('clientError', (_error, socket) => {
      onFlaw('upgrade');
      socket.destroy();
    });
    server.on('tlsClientError', (_error, socket) => {
      onFlaw('tls');
      socket.destroy();
    });
    return server;
  };
  sockets.on('wsClientError', (_error, socket) => {
    onFlaw('upgrade');
    socket.destroy();
  });
  if (tls === undefined) {
    const server = serve(createHttpServer(options));
    return (socket) => void server.emit('connection', socket);
  }
  const serverNow = await openTlsServers(tls, asksClients, (secure) =>
    serve(createHttpsServer({ ...options, ...secure })),
  );
  return (socket) => void serverNow().emit('connection', socket);
}

/** The client must offer MQTT [MQTT-6.0.0-3], at the site's own path. */
function flawOf({ url = '', headers }: IncomingMessage, path: string): string | undefined {
  if (url.split('?')[0] !== path) return '404 Not Found';
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
  return SUBPROTOCOLS.some((each) => offered.includes(each)) ? undefined : '400 Bad Request';
}

/** Packets come in binary frames only [MQTT-6.0.0-1]. */
function watch(ws: WebSocket, onFlaw: (flaw: WebSocketFlaw) => void): void {
  ws.on('message', (_data, isBinary) => {
    if (isBinary) return;
    onFlaw('text');
    ws.terminate();
  });
  ws.on('error', (error) => {
    if ('code' in error && error.code === TOO_LARGE) onFlaw('too-large');
    ws.terminate();
  });
}
