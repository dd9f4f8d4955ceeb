import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import { INSTALLERS, SIGNED_IN, SWITCHERS, sessionOf } from './access.ts';
import type { App } from './app.ts';
import type { ApiContext, JobView } from './context.ts';
import { atShape } from './shapes.ts';

const id = z.string().max(64);
const viewShape = z.object({
  id: z.string(),
  by: z.string(),
  startedAt: atShape,
  endedAt: atShape.nullable(),
  state: z.enum(['running', 'done', 'stopped', 'timed-out', 'failed']),
  result: z.unknown().describe('What was walked: its steps, and whether it passed'),
  fault: z.object({ code: z.string(), message: z.string() }).nullable(),
});
const newsShape = z.object({ number: z.number(), is: z.string(), said: z.unknown() });
const reportShape = z.looseObject({ drill: z.string(), startedAt: z.string(), ended: z.string().nullable() });

const found = (view: JobView | undefined, id: string): JobView => {
  if (view === undefined) throw new Fault('no-such-job', `There is no walk test ${id}.`);
  return view;
};

/** Walk tests, one at a time for a device, and drills, one at a time. Whoever begins one is in the audit trail. */
export function addExerciseRoutes(app: App, context: ApiContext): void {
  const config = { access: INSTALLERS };
  const params = z.object({ id });

  app.post(
    '/api/v1/walk-tests',
    {
      config,
      schema: {
        summary: 'Begin a walk test: from the point through rule, ledger and upstream to people, marked as a test',
        body: z.object({
          device: id,
          point: id.optional(),
          rule: z.string().max(100).optional(),
          withinMs: z.int().min(1000).optional().describe('Somebody makes it happen at the device within this'),
        }),
        response: { 201: viewShape },
      },
    },
    async (request, reply) => reply.code(201).send(context.walkTests.start(request.body, sessionOf(request).account)),
  );

  app.get(
    '/api/v1/walk-tests',
    { config, schema: { summary: 'Walk tests, the newest first', response: { 200: z.array(viewShape).readonly() } } },
    async () => [...context.walkTests.list()],
  );

  app.get(
    '/api/v1/walk-tests/:id',
    {
      config,
      schema: {
        summary: 'One walk test, and the steps that it has told after a number',
        params,
        querystring: z.object({ after: z.coerce.number().int().min(0).default(0) }),
        response: { 200: viewShape.extend({ news: z.array(newsShape).readonly() }) },
      },
    },
    async ({ params: { id }, query: { after } }) => ({
      ...found(context.walkTests.find(id), id),
      news: [...context.walkTests.news(id, after)],
    }),
  );

  app.post(
    '/api/v1/walk-tests/:id/stop',
    {
      config,
      schema: { summary: 'Stop a walk test', params, body: z.object({}).default({}), response: { 200: viewShape } },
    },
    async (request) => found(await context.walkTests.stop(request.params.id), request.params.id),
  );

  app.post(
    '/api/v1/drill',
    {
      config: { access: SWITCHERS },
      schema: {
        summary: 'Begin a drill: everything of it is marked, from sensor to phone',
        body: z.object({
          drill: id,
          place: z.string().max(64).optional(),
          speed: z.number().min(0.1).max(100).optional(),
        }),
        response: { 201: reportShape },
      },
    },
    async (request, reply) =>
      reply.code(201).send({ ...(await context.drills.start(request.body, sessionOf(request).account)) }),
  );

  app.post(
    '/api/v1/drill/stop',
    {
      config: { access: SWITCHERS },
      schema: { summary: 'End the drill', body: z.object({}).default({}), response: { 200: reportShape } },
    },
    async (request) => ({ ...(await context.drills.stop(sessionOf(request).account)) }),
  );

  app.get(
    '/api/v1/drill',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'The report of the drill that runs, or of the last one; null without one',
        response: { 200: z.object({ report: reportShape.nullable() }) },
      },
    },
    async () => {
      const report = context.drills.report();
      return { report: report === null ? null : { ...report } };
    },
  );
}
