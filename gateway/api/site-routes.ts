import { z } from 'zod';
import { ADMINS, SIGNED_IN } from './access.ts';
import { eventOf } from './alarm-events.ts';
import type { App } from './app.ts';
import type { ApiContext } from './context.ts';
import { clockShape, countShape, eventShape, linkShape, upstreamShape } from './shapes.ts';

const MOST_ENTRIES = 500;

/** The gateway itself: its site, its links both ways, its log and its audit trail. */
export function addSiteRoutes(app: App, context: ApiContext): void {
  const { clock, ledger } = context;

  app.get(
    '/api/v1/site',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'The site, and what its clock says',
        response: {
          200: z.object({
            gateway: z.string(),
            name: z.string(),
            timeZone: z.string(),
            version: z.string(),
            now: z.number().describe("UTC milliseconds of the gateway's clock"),
            clock: clockShape,
          }),
        },
      },
    },
    async () => {
      const { gateway, name, timeZone } = context.site();
      return { gateway, name, timeZone, version: context.version, now: clock.now(), clock: clock.trust() };
    },
  );

  app.get(
    '/api/v1/links',
    {
      config: { access: SIGNED_IN },
      schema: { summary: 'Links to devices, by id', response: { 200: z.record(z.string(), linkShape) } },
    },
    async () => context.links(),
  );

  app.get(
    '/api/v1/upstreams',
    {
      config: { access: SIGNED_IN },
      schema: { summary: 'Upstreams, by id', response: { 200: z.record(z.string(), upstreamShape) } },
    },
    async () => context.upstreams(),
  );

  app.get(
    '/api/v1/events',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'Entries of the log: the latest, newest first, or those after a number, oldest first',
        querystring: z.object({
          after: z.coerce.number().int().min(0).optional().describe('A sequence; with `limit`'),
          limit: countShape(MOST_ENTRIES, 100),
          latest: z.coerce.number().int().min(1).max(MOST_ENTRIES).optional().describe('How many; not with `after`'),
        }),
        response: { 200: z.object({ events: z.array(eventShape), head: z.number().describe('The last sequence') }) },
      },
    },
    async (request) => {
      const { after, limit, latest = limit } = request.query;
      const entries = after === undefined ? await ledger.latest(latest) : await ledger.read(after, limit);
      return { events: entries.map(eventOf), head: ledger.status().head };
    },
  );

  app.get(
    '/api/v1/audit',
    {
      config: { access: ADMINS },
      schema: {
        summary: 'The audit trail: who did what, newest first',
        querystring: z.object({ limit: countShape(1000, 100) }),
        response: { 200: z.object({ lines: z.array(z.looseObject({})).readonly() }) },
      },
    },
    // A line's fields are the ledger's; only their being objects is promised here.
    async (request) => ({
      lines: (await context.accounts.auditTrail(request.query.limit)).map((line) => ({ ...line })),
    }),
  );
}
