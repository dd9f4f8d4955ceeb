import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Backoff } from '#kit/backoff.ts';
import type { Clock } from '#kit/clock.ts';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Sockets at one time; more are closed at once. */
  readonly maxConnections: number;
}

/** A TCP server that goes on trying while its address cannot be had. Disposing it destroys its sockets. */
export interface Listener extends AsyncDisposable {
  readonly fault: Fault | undefined;
  readonly port: number | undefined;
  /** Sockets that were closed for being one too many. */
  readonly turnedAway: number;
}

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there: stop it, or give broker.listen another port',
  EADDRNOTAVAIL: 'the box has no such address: see broker.listen',
  EACCES: 'ports below 1024 need a privilege: give broker.listen a higher one',
};

export function openListener(
  options: ListenerOptions,
  context: { readonly wire: Clock; readonly log: Log },
  onSocket: (socket: Socket) => void,
): Listener {
  const { host, port, maxConnections } = options;
  const backoff = new Backoff({ firstMs: 1000, mostMs: 30_000 });
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let fault: Fault | undefined = new Fault('listen', `not yet listening on ${host}:${port}`);
  let turnedAway = 0;
  let closed = false;
  let cancelRetry = () => {};

  const listen = () => {
    const attempt = createServer({ keepAlive: true, keepAliveInitialDelay: 60_000, noDelay: true });
    attempt.maxConnections = maxConnections;
    attempt.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      onSocket(socket);
    });
    attempt.on('drop', () => turnedAway++);
    attempt.on('listening', () => {
      if (backoff.failures > 0) context.log.info({ host, port, failures: backoff.failures }, 'mqtt: listening again');
      backoff.reset();
      fault = undefined;
    });
    attempt.on('error', (cause) => {
      const hint = HINTS[codeOf(cause) ?? ''];
      fault = new Fault('listen', `cannot listen on ${host}:${port}: ${textOf(cause)}`, {
        cause,
        ...(hint && { hint }),
      });
      if (backoff.failures === 0)
        context.log.error({ host, port, code: codeOf(cause), hint }, `mqtt: ${fault.message}`);
      attempt.close();
      if (!closed) cancelRetry = context.wire.after(backoff.next(), listen);
    });
    server = attempt;
    attempt.listen(port, host);
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
