import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import type { Role } from '../ledger/accounts.ts';
import { guardAccess } from './access.ts';
import { type App, newApp } from './app.ts';
import { audit } from './audit.ts';
import { setBrowserPolicy } from './browser-policy.ts';
import type { ApiContext } from './context.ts';
import { addDocumentRoute } from './document-route.ts';
import { LISTEN } from './faults.ts';
import { Live } from './live.ts';
import { measureRequests } from './metrics.ts';
import { servePage } from './page.ts';
import { sendError, sendNotFound } from './problem.ts';
import { Register } from './register.ts';
import { addRoutes } from './routes.ts';
import { guardSameSite } from './same-site.ts';
import { idOf, newSecret } from './secret.ts';
import { Sessions } from './sessions.ts';

export interface ApiOptions {
  /** Port 0: any free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** The built page; may be absent. */
  readonly consoleDir: string;
  /** Browsers reach it by TLS, through a proxy: cookies are Secure, and TLS is insisted on. */
  readonly secureCookies?: boolean;
}

/** The HTTP side of a gateway, listening until it is disposed; live streams end with it. */
export interface OpenApi extends AsyncDisposable {
  /** Where a browser on the box or its network finds the page. */
  readonly url: string;
  /** A one-time sign-in URL, good for 24 h or until the next one is made. The secret is in its fragment, so in no log. */
  invite(role: Role): Promise<string>;
}

const BODY_BYTES = 16 * 1024;
const REQUEST_MS = 30_000;
const MOST_CONNECTIONS = 512;
const INVITATION_MS = 24 * 3_600_000;

/** Rejects with the Fault `listen` when the address cannot be listened on. */
export async function openApi(options: ApiOptions, context: ApiContext): Promise<OpenApi> {
  const app = await buildApp(options, context);
  const { host, port } = options.listen;
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw listenFault(error, host, port);
  }
  const address = app.server.address();
  const url = urlOf(host, address === null || typeof address === 'string' ? port : address.port);
  return {
    url,
    async invite(role) {
      const secret = newSecret();
      await context.accounts.putInvitation(idOf(secret), role, context.wire.now() + INVITATION_MS);
      await audit(context, 'gateway', 'invitation-made', undefined, { role });
      return `${url}/#/welcome?secret=${secret}`;
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

/** Every route with its guards, not listening yet. */
export async function buildApp(options: Omit<ApiOptions, 'listen'>, context: ApiContext): Promise<App> {
  const secure = options.secureCookies ?? false;
  const answerError = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
    sendError(error, request, reply, context.log);
  const app = newApp({
    // What is wrong with a request before it has a route, such as a broken escape in its path.
    frameworkErrors: answerError,
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(sendNotFound);

  const sessions: Sessions = new Sessions(context.accounts, context.wire, { secure, onEnd: (end) => live.end(end) });
  const live = new Live(context, (session) => sessions.isOpen(session));
  app.addHook('preClose', async () => live[Symbol.dispose]());

  measureRequests(app, context.metrics, () => live.clients);
  await setBrowserPolicy(app, secure);
  await app.register(cookie);
  guardSameSite(app);
  guardAccess(app, sessions);
  await app.register(rateLimit, { global: false, errorResponseBuilder: tooManyAttempts });
  addRoutes(app, { context, sessions, register: new Register(context), live });
  addDocumentRoute(app, context.version);
  await servePage(app, options.consoleDir);
  return app;
}

const tooManyAttempts = (_request: unknown, { after }: { after: string }) =>
  new Fault('too-many-attempts', 'Too many attempts from this address.', { hint: `Try again in ${after}.` });

function listenFault(error: unknown, host: string, port: number): Fault {
  const hints: Readonly<Record<string, string>> = {
    EADDRINUSE: 'Another program listens there. End it, or set console.listen in site.yaml to another port.',
    EACCES: 'Ports below 1024 need a right of their own. Set console.listen in site.yaml to a higher port.',
    EADDRNOTAVAIL: 'The box has no such address. Set console.listen in site.yaml to one that it has, or 0.0.0.0.',
  };
  const hint = hints[codeOf(error) ?? ''] ?? 'See console.listen in site.yaml.';
  return new Fault(LISTEN, `cannot listen on ${host}:${port}: ${textOf(error)}`, { cause: error, hint });
}

/** An address to listen on everywhere is none to go to: then it is the first that the box has on a network. */
function urlOf(host: string, port: number): string {
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? (outerAddress() ?? '127.0.0.1') : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function outerAddress(): string | undefined {
  const all: (NetworkInterfaceInfo | undefined)[] = Object.values(networkInterfaces()).flat();
  return all.find((each) => each !== undefined && each.family === 'IPv4' && !each.internal)?.address;
}
