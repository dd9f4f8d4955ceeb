import type { FastifyInstance } from 'fastify';
import { Fault } from '#kit/fault.ts';
import { ROLES, type Role, type Session } from '../ledger/accounts.ts';
import type { Sessions } from './sessions.ts';

/** Who may use a route: anyone at all, or those signed in with one of these roles. */
export type Access = 'anyone' | readonly Role[];

export const SIGNED_IN: Access = ROLES;
export const ACKNOWLEDGERS: readonly Role[] = ['duty', 'responder', 'installer', 'admin'];
export const RESPONDERS: readonly Role[] = ['duty', 'responder', 'admin'];
export const INSTALLERS: readonly Role[] = ['installer', 'admin'];
/** Who sets outputs by hand. */
export const SWITCHERS: Access = ['duty', 'admin'];
/** Who keeps the filings for night work. */
export const PERMIT_KEEPERS: Access = ['duty', 'admin'];
export const ADMINS: Access = ['admin'];

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    /** Set by the access check before a handler runs, on routes that are not for anyone. */
    signedIn: Session | null;
  }
}

/** The session that the access check found. Asking on a route for anyone is a mistake of ours. */
export function sessionOf(request: { readonly signedIn: Session | null }): Session {
  if (request.signedIn === null) throw new Error('no session on this route');
  return request.signedIn;
}

/** Lets a request pass by its route's `config.access`. A route of the API that does not say is refused at start. */
export function guardAccess(app: FastifyInstance, sessions: Sessions): void {
  app.decorateRequest('signedIn', null);
  app.addHook('onRoute', ({ url, config }) => {
    if (url.startsWith('/api/') && config?.access === undefined) throw new Error(`${url} does not say who may use it`);
  });
  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access ?? 'anyone';
    if (access === 'anyone') return;
    const session = await sessions.find(request);
    if (session === undefined) throw new Fault('not-signed-in', 'Sign in first.');
    if (!access.includes(session.role)) {
      throw new Fault('not-allowed', `The role ${session.role} may not do this; ${access.join(', ')} may.`);
    }
    request.signedIn = session;
  });
}
