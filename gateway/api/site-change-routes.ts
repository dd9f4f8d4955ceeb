import { z } from 'zod';
import { INSTALLERS, sessionOf } from './access.ts';
import type { App } from './app.ts';
import type { ApiContext, SiteAnswer } from './context.ts';
import { RefusedAt } from './problem.ts';
import { atShape } from './shapes.ts';

const appliedShape = z.object({
  number: z.number(),
  at: atShape,
  hash: z.string().describe('sha256 of its files'),
  by: z.string(),
  from: z.enum(['directory', 'back', 'upstream']),
  of: z.number().nullable().describe('The number of the one that was put back'),
});

const answerShape = z.object({
  status: z.enum(['applied', 'unchanged']),
  number: z.number(),
  hash: z.string(),
  changes: z.looseObject({}).describe('By kind, what was added, removed and changed'),
  warnings: z.array(z.string()).readonly().describe('Each as file:line:column: message'),
});

/** A refusal is a problem document; its `errors` are the problems of the site's files, each at `file:line:column`. */
function answerOf(answer: SiteAnswer) {
  if (answer.status !== 'refused') return answer;
  throw new RefusedAt(answer.code, answer.message, answer.problems, answer.hint);
}

/** The site changed while it runs, and the sites that were applied before. */
export function addSiteChangeRoutes(app: App, context: ApiContext): void {
  const config = { access: INSTALLERS };

  app.post(
    '/api/v1/site/reload',
    {
      config,
      schema: {
        summary: "Apply the site's directory as it is now; on any failure the site before goes on",
        body: z.object({}).default({}),
        response: { 200: answerShape },
      },
    },
    async (request) => answerOf(await context.reloadSite(sessionOf(request).account, request.ip)),
  );

  app.get(
    '/api/v1/site/history',
    {
      config,
      schema: {
        summary: 'The last ten applied sites, newest first, and in which files the directory differs from what runs',
        response: {
          200: z.object({
            sites: z.array(appliedShape).readonly(),
            difference: z
              .array(z.object({ file: z.string(), change: z.enum(['added', 'removed', 'changed']) }))
              .readonly()
              .nullable(),
          }),
        },
      },
    },
    async () => context.siteHistory(),
  );

  app.post(
    '/api/v1/site/back',
    {
      config,
      schema: {
        summary: 'Put a site back that was applied before; the directory is left as it is',
        body: z.object({ number: z.int().min(1) }),
        response: { 200: answerShape },
      },
    },
    async (request) => answerOf(await context.backSite(request.body.number, sessionOf(request).account, request.ip)),
  );
}
