import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import { SIGNED_IN, sessionOf } from './access.ts';
import type { App } from './app.ts';
import { type Live, MOST_CLIENTS } from './live.ts';

/** The stream of live changes, as server-sent events. */
export function addLiveRoutes(app: App, live: Live): void {
  app.get(
    '/api/v1/live',
    {
      exposeHeadRoute: false,
      config: { access: SIGNED_IN },
      schema: {
        summary: 'Live changes as server-sent events',
        description: [
          'A stream that ends with its session. Events:',
          '`entry`: a CloudEvent of the log, its id the sequence; after Last-Event-ID (or `after`) none is left out.',
          '`readings`: the newest reading of each point that had any, every 250 ms.',
          '`status`: health, links, upstreams and ledger, at first, every 5 s, and when health changes.',
        ].join('\n\n'),
        querystring: z.object({ after: z.coerce.number().int().min(0).optional() }),
        headers: z.object({ 'last-event-id': z.coerce.number().int().min(0).optional() }),
        response: {
          200: { description: 'The stream', content: { 'text/event-stream': { schema: z.string() } } },
        },
      },
    },
    async (request, reply) => {
      if (live.clients >= MOST_CLIENTS) {
        throw new Fault('too-many-viewers', `${MOST_CLIENTS} pages watch this gateway already.`, {
          hint: 'Close one, or try again later.',
        });
      }
      reply.hijack();
      reply.raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      live.join(sessionOf(request), reply.raw, request.headers['last-event-id'] ?? request.query.after);
    },
  );
}
