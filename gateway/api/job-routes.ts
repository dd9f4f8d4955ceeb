import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import { INSTALLERS, sessionOf } from './access.ts';
import type { App } from './app.ts';
import { audit } from './audit.ts';
import type { ApiContext, JobView } from './context.ts';
import { jobRequest } from './job-request.ts';
import { atShape } from './shapes.ts';

const newsShape = z.object({ number: z.number(), is: z.string(), said: z.unknown() });
const jobShape = z.object({
  id: z.string(),
  kind: z.string(),
  link: z.string().nullable().describe('The link that it has for itself'),
  by: z.string(),
  startedAt: atShape,
  endedAt: atShape.nullable(),
  state: z.enum(['running', 'done', 'stopped', 'timed-out', 'failed']),
  progress: z.object({ done: z.number(), total: z.number(), etaMs: z.number().nullable(), at: z.string() }).nullable(),
  result: z.unknown(),
  fault: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }).nullable(),
});

const found = (view: JobView | undefined, id: string): JobView => {
  if (view === undefined) throw new Fault('no-such-job', `There is no job ${id}.`);
  return view;
};

/** Jobs on a link at work: scan, read, listen, hints at the wiring. */
export function addJobRoutes(app: App, context: ApiContext): void {
  const config = { access: INSTALLERS };
  const params = z.object({ id: z.string() });

  app.post(
    '/api/v1/jobs',
    { config, schema: { summary: 'Begin a job on a link', body: jobRequest, response: { 201: jobShape } } },
    async (request, reply) => {
      const by = sessionOf(request).account;
      const view = context.jobs.start(request.body, by);
      await audit(context, by, 'job-started', request, { job: view.id, ...request.body });
      return reply.code(201).send(view);
    },
  );

  app.get(
    '/api/v1/jobs',
    { config, schema: { summary: 'Jobs, the newest first', response: { 200: z.array(jobShape).readonly() } } },
    async () => [...context.jobs.list()],
  );

  app.get(
    '/api/v1/jobs/:id',
    {
      config,
      schema: {
        summary: 'One job, and what it said after a number',
        params,
        querystring: z.object({ after: z.coerce.number().int().min(0).default(0) }),
        response: { 200: jobShape.extend({ news: z.array(newsShape).readonly() }) },
      },
    },
    async ({ params: { id }, query: { after } }) => ({
      ...found(context.jobs.find(id), id),
      news: [...context.jobs.news(id, after)],
    }),
  );

  app.post(
    '/api/v1/jobs/:id/stop',
    {
      config,
      schema: {
        summary: 'Stop a job; answered when the link is as it was',
        params,
        body: z.object({}).default({}),
        response: { 200: jobShape },
      },
    },
    async (request) => {
      const { id } = request.params;
      const view = found(await context.jobs.stop(id), id);
      await audit(context, sessionOf(request).account, 'job-stopped', request, { job: id, owner: view.by });
      return view;
    },
  );
}
