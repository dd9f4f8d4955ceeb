import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Backoff } from '#kit/backoff.ts';
import type { Clock } from '#kit/clock.ts';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';

export interface ListenerOptions {
  /** Who listens, for the log: `mqtt`. */
  readonly name: string;
  /** The setting that says where, for hints: `broker.listen`. */
  readonly setting: string;
  readonly host: string;
  readonly port: number;
  /** Sockets at one time; more are closed at once. */
  readonly maxConnections: number;
}

/** A TCP server that goes on trying while its address, or what it needs, cannot be had. Disposing it destroys its sockets. */
export interface Listener extends AsyncDisposable {
  readonly fault: Fault | undefined;
  readonly port: number | undefined;
  /** Sockets that were closed for being one too many. */
  readonly turnedAway: number;
}

const hintOf = (code: string | undefined, setting: string): string | undefined => {
  if (code === 'EADDRINUSE') return `another program listens there: stop it, or give ${setting} another port`;
  if (code === 'EADDRNOTAVAIL') return `the box has no such address: see ${setting}`;
  if (code === 'EACCES') return `ports below 1024 need a privilege: give ${setting} a higher one`;
  return undefined;
};

export function openListener(
  options: ListenerOptions,
  context: { readonly wire: Clock; readonly log: Log },
  onSocket: (socket: Socket) => void,
  /** Gets ready what it needs, such as a certificate, before each attempt to listen; what it throws is the listener's fault. */
  prepare?: () => Promise<void>,
): Listener {
  const { name, setting, host, port, maxConnections } = options;
  const backoff = new Backoff({ firstMs: 1000, mostMs: 30_000 });
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let fault: Fault | undefined = new Fault('listen', `not yet listening on ${host}:${port}`);
  let turnedAway = 0;
  let closed = false;
  let cancelRetry = () => {};

  const failed = (cause: unknown) => {
    const hint = cause instanceof Fault ? cause.hint : hintOf(codeOf(cause), setting);
    fault = new Fault('listen', `cannot listen on ${host}:${port}: ${textOf(cause)}`, { cause, ...(hint && { hint }) });
    if (backoff.failures === 0)
      context.log.error({ host, port, code: codeOf(cause), hint }, `${name}: ${fault.message}`);
    if (!closed) cancelRetry = context.wire.after(backoff.next(), listen);
  };

  const bind = () => {
    if (closed) return;
    const attempt = createServer({ keepAlive: true, keepAliveInitialDelay: 60_000, noDelay: true });
    attempt.maxConnections = maxConnections;
    attempt.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      onSocket(socket);
    });
    attempt.on('drop', () => turnedAway++);
    attempt.on('listening', () => {
      if (backoff.failures > 0)
        context.log.info({ host, port, failures: backoff.failures }, `${name}: listening again`);
      backoff.reset();
      fault = undefined;
    });
    attempt.on('error', (cause) => {
      attempt.close();
      failed(cause);
    });
    server = attempt;
    attempt.listen(port, host);
  };

  const listen = () => {
    if (prepare === undefined) bind();
    else prepare().then(bind, failed);
  };
  listen();

  return {
    get fault() {
      return fault;
    },
    get port() {
      const address = server?.address();
      return typeof address === 'object' && address !== null ? address.port : undefined;
    },
    get turnedAway() {
      return turnedAway;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      cancelRetry();
      for (const socket of sockets) socket.destroy();
      if (server?.listening) {
        const ended = once(server, 'close');
        server.close();
        await ended;
      } else {
        server?.close();
      }
    },
  };
}
