import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '#kit/fault.ts';

/**
 * Against forged requests from other pages (CSRF), beside SameSite=Strict: what changes something must not come from
 * another origin by the browser's own word, and a body must be JSON, which no form can send.
 * Programs that are no browser send neither header and pass.
 */
export function guardSameSite(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS') return;
    if (isForeign(request)) throw new Fault('cross-site', 'The request comes from a page of another origin.');
    // DELETE has no body, and needs a preflight that we never grant.
    if (request.method !== 'DELETE' && !/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
      throw new Fault('media-type', 'The body must be JSON.', { hint: 'Send content-type: application/json.' });
    }
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
