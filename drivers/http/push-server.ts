import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { Backoff } from '#kit/backoff.ts';
import type { Clock } from '#kit/clock.ts';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { Connections } from './connections.ts';

export interface PushServerOptions {
  readonly host: string;
  readonly port: number;
  /** Files in PEM; read at each attempt to listen. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly maxConnections: number;
  /** A whole request must have come in by then, headers and body. */
  readonly timeoutMs: number;
}

/** An HTTP server that goes on trying while it cannot listen. */
export interface PushServer extends AsyncDisposable {
  readonly fault: Fault | undefined;
  readonly port: number | undefined;
  /** Connections that were one too many, and requests that were none or did not come in in time. */
  readonly counts: { readonly turnedAway: number; readonly brokenRequests: number };
}

/** Sockets above the cap, so that one can be accepted while another makes room. */
const SPARE = 8;
const MOST_HEADER_BYTES = 8192;
const MOST_HEADERS = 64;
/** How long a connection may wait between two requests. */
const IDLE_MS = 5000;

const hintOf = (code: string | undefined): string | undefined => {
  if (code === 'EADDRINUSE') return "another program listens there: stop it, or give the link's listen another port";
  if (code === 'EADDRNOTAVAIL') return "the box has no such address: see the link's listen";
  if (code === 'EACCES')
    return "it may not be read, or a port below 1024 needs a privilege: see the link's listen and tls";
  return code === 'ENOENT' ? "there is no such file: see the link's tls" : undefined;
};

/** Answers what the parser refused (RFC 9110, 15.5.1, 15.5.9 and 15.5.22 of headers too large), and closes. */
function refuse(error: Error, socket: Socket): void {
  const code = codeOf(error);
  const status =
    code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  if (socket.writable && code !== 'ECONNRESET') socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
  socket.destroySoon();
}

export function openPushServer(
  options: PushServerOptions,
  context: { readonly wire: Clock; readonly log: Log },
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): PushServer {
  const { host, port, tls, maxConnections, timeoutMs } = options;
  const { wire, log } = context;
  const backoff = new Backoff({ firstMs: 1000, mostMs: 30_000 });
  const counts = { turnedAway: 0, brokenRequests: 0 };
  let server: Server | undefined;
  let fault: Fault | undefined = new Fault('listen', `not yet listening on ${host}:${port}`);
  const connections = new Connections(maxConnections);
  let isClosed = false;
  let cancelRetry = () => {};

  const serve = (request: IncomingMessage, response: ServerResponse) => {
    response.once('finish', () => response.statusCode < 300 && connections.know(request.socket));
    onRequest(request, response);
  };

  const fail = (cause: unknown) => {
    const hint = hintOf(codeOf(cause));
    fault = new Fault('listen', `cannot listen on ${host}:${port}: ${textOf(cause)}`, { cause, ...(hint && { hint }) });
    if (backoff.failures === 0) log.error({ host, port, code: codeOf(cause), hint }, `http: ${fault.message}`);
    if (!isClosed) cancelRetry = wire.after(backoff.next(), () => void listen());
  };

  const create = async (): Promise<Server> => {
    const bounds: ServerOptions = {
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      connectionsCheckingInterval: Math.min(timeoutMs, 1000),
      keepAliveTimeout: IDLE_MS,
      noDelay: true,
    };
    if (tls === undefined) return createServer(bounds);
    const [cert, key] = await Promise.all([readFile(tls.cert), readFile(tls.key)]);
    return createTlsServer({ ...bounds, cert, key, minVersion: 'TLSv1.2', handshakeTimeout: timeoutMs });
  };

  const listen = async (): Promise<void> => {
    let attempt: Server;
    try {
      attempt = await create();
    } catch (error) {
      return fail(error);
    }
    if (isClosed) return;
    attempt.maxConnections = maxConnections + SPARE;
    attempt.on('connection', (socket) => {
      if (!connections.admit(socket)) counts.turnedAway++;
    });
    attempt.maxHeadersCount = MOST_HEADERS;
    // A sender that says nothing at all is closed as one that is slow.
    attempt.setTimeout(timeoutMs + IDLE_MS);
    attempt.on('request', serve);
    // Whether the body may come is said once the sender has shown who it is.
    attempt.on('checkContinue', serve);
    attempt.on('drop', () => counts.turnedAway++);
    attempt.on('tlsClientError', () => counts.brokenRequests++);
    attempt.on('clientError', (error, socket) => {
      counts.brokenRequests++;
      // Over TLS too it is a socket of `node:net`.
      refuse(error, socket as Socket);
    });
    attempt.on('listening', () => {
      if (backoff.failures > 0) log.info({ host, port, failures: backoff.failures }, 'http: listening again');
      backoff.reset();
      fault = undefined;
    });
    attempt.on('error', (cause) => {
      attempt.close();
      fail(cause);
    });
    server = attempt;
    attempt.listen(port, host);
  };
  void listen();

  return {
    get fault() {
      return fault;
    },
    get port() {
      const address = server?.address();
      return typeof address === 'object' && address !== null ? address.port : undefined;
    },
    counts,
    async [Symbol.asyncDispose]() {
      isClosed = true;
      cancelRetry();
      if (server?.listening !== true) return;
      const ended = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await ended;
    },
  };
}
