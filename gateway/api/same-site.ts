import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '#kit/fault.ts';

const JSON_ONLY: readonly string[] = ['application/json'];

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Types of body that a route takes in place of JSON; none that a form can send (Fetch, CORS-safelisted), but where `isByToken`. */
    bodies?: readonly string[];
    /** The secret in its path is the only right: no cookie counts here, so that it does not matter which page asks. */
    isByToken?: boolean;
  }
}

/**
 * Against forged requests from other pages (CSRF), beside SameSite=Strict: what changes something must not come from
 * another origin by the browser's own word, and a body must be JSON, or what its route takes, which no form can send.
 * Programs that are no browser send neither header and pass.
 */
export function guardSameSite(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS') return;
    // A page that tells nobody whence it comes sends the origin `null` (Fetch, 3.2), also to its own gateway.
    if (request.routeOptions.config.isByToken !== true && isForeign(request))
      throw new Fault('cross-site', 'The request comes from a page of another origin.');
    // DELETE has no body, and needs a preflight that we never grant.
    if (request.method === 'DELETE') return;
    const types = request.routeOptions.config.bodies ?? JSON_ONLY;
    const [type = ''] = (request.headers['content-type'] ?? '').split(';');
    if (types.includes(type.trim().toLowerCase())) return;
    const detail = types === JSON_ONLY ? 'The body must be JSON.' : `The body must be of type ${types.join(' or ')}.`;
    throw new Fault('media-type', detail, { hint: `Send content-type: ${types.join(' or ')}.` });
  });
}

function isForeign(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site'];
  // `same-site` is another port or name of the same host: other people's pages may live there.
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const origin = request.headers.origin;
  if (origin === undefined) return false;
  // The scheme is left out: a proxy that ends TLS before us changes it.
  return !URL.canParse(origin) || new URL(origin).host !== request.headers.host;
}
