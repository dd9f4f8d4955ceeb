import { z } from 'zod';
import { SIGNED_IN, SWITCHERS, sessionOf } from './access.ts';
import type { App } from './app.ts';
import { auditLater } from './audit.ts';
import type { ApiContext } from './context.ts';
import { outputShape } from './shapes.ts';

const idShape = z.object({ id: z.string().max(64) });

/** Sirens, beacons, boards and pumps: how they are, and by hand. */
export function addOutputRoutes(app: App, context: ApiContext): void {
  app.get(
    '/api/v1/outputs',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'Every output: what is wanted of it, what the world shows, and why it does not follow',
        response: { 200: z.object({ outputs: z.array(outputShape).readonly() }) },
      },
    },
    async () => ({ outputs: context.outputs.list() }),
  );

  app.post(
    '/api/v1/outputs/:id/set',
    {
      config: { access: SWITCHERS },
      schema: {
        summary: 'Set an output by hand for a time, before what alarms want of it',
        description: 'Its safe value silences it, until an alarm that is new, or has risen since, wants it again.',
        params: idShape,
        body: z.object({
          value: z.union([z.string().max(64), z.number()]),
          forMs: z.int().min(1000).describe('So long; at most a day, and for other than safe at most its maxOn'),
        }),
        response: { 200: outputShape },
      },
    },
    async (request) => {
      const { account: by, role } = sessionOf(request);
      const { value, forMs } = request.body;
      const view = context.outputs.set(request.params.id, value, forMs, { by, isAdmin: role === 'admin' });
      auditLater(context, by, 'output-set', request, { output: view.id, value, forMs });
      return view;
    },
  );

  app.post(
    '/api/v1/outputs/:id/release',
    {
      config: { access: SWITCHERS },
      schema: {
        summary: 'Give an output that was set by hand back to the alarms',
        params: idShape,
        body: z.object({}).default({}),
        response: { 200: outputShape },
      },
    },
    async (request) => {
      const { account: by } = sessionOf(request);
      const view = context.outputs.release(request.params.id, by);
      auditLater(context, by, 'output-released', request, { output: view.id });
      return view;
    },
  );
}
