import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import type { App } from './app.ts';
import type { ApiContext } from './context.ts';
import { LINK_STEPS, type LinkView } from './link-desk.ts';
import { goneLinkPage, linkPage } from './link-page.ts';
import { atShape } from './shapes.ts';

/** From one address; who has a token needs a handful. */
const rateLimit = { max: 30, timeWindow: 60_000 };
const FORM = 'application/x-www-form-urlencoded';
const PHOTOS = ['image/jpeg', 'image/png'];
const PHOTO_BYTES = 5 * 1024 * 1024;
const FORM_BYTES = 16 * 1024;

const tokenShape = z.object({ token: z.string().regex(/^[A-Za-z0-9_-]{24}$/) });
const answerShape = z.object({
  step: z.enum(LINK_STEPS),
  note: z.string().trim().max(1000).optional(),
  at: z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]).optional(),
  photo: z.string().max(64).optional(),
});
const viewShape = z.object({
  title: z.string(),
  text: z.string(),
  language: z.enum(['zh', 'en']),
  card: z.array(z.string()),
  steps: z.array(z.enum(LINK_STEPS)),
  stage: z.string().nullable(),
  expiresAt: atShape,
});

const viewOf = ({ title, text, language, card, steps, stage, expiresAt }: LinkView): z.output<typeof viewShape> => ({
  ...{ title, text, language, card: [...card], steps: [...steps], stage, expiresAt },
});

const gone = () =>
  new Fault('link-gone', 'This link is used up or too old.', { hint: 'Ask the duty desk for a new one.' });

/**
 * What somebody does by his one-time link, without an account: the token in the path is all that he has, so that no cookie
 * gives anybody a right here, and a form of another page could do nothing that its author could not do himself.
 */
export function addLinkRoutes(app: App, context: ApiContext): void {
  const found = (token: string): LinkView => {
    const view = context.responders.find(token);
    if (view === null) throw gone();
    return view;
  };

  app.get(
    '/api/v1/response/:token',
    {
      config: { access: 'anyone', rateLimit },
      schema: { summary: 'The alarm of a one-time link', params: tokenShape, response: { 200: viewShape } },
    },
    async (request) => viewOf(found(request.params.token)),
  );

  app.post(
    '/api/v1/response/:token',
    {
      config: { access: 'anyone', rateLimit },
      schema: {
        summary: 'Accept, refuse, arrive or resolve by a one-time link',
        params: tokenShape,
        body: answerShape,
        response: { 200: z.object({ status: z.enum(['done', 'unchanged']) }) },
      },
    },
    async (request) => {
      const receipt = await context.responders.act(request.params.token, request.body, request.ip);
      if (receipt.status === 'refused') throw new Fault(receipt.code, receipt.message);
      return { status: receipt.status };
    },
  );

  // A scope of its own: nowhere else are bodies taken that are no JSON.
  app.register(async (scope) => {
    scope.addContentTypeParser(
      PHOTOS,
      { parseAs: 'buffer', bodyLimit: PHOTO_BYTES },
      async (_: unknown, body: Buffer) => body,
    );
    scope.addContentTypeParser(FORM, { parseAs: 'string', bodyLimit: FORM_BYTES }, async (_: unknown, body: string) =>
      Object.fromEntries(new URLSearchParams(body)),
    );
    scope.post(
      '/api/v1/response/:token/photos',
      {
        bodyLimit: PHOTO_BYTES,
        config: { access: 'anyone', rateLimit, bodies: PHOTOS },
        schema: {
          summary: 'A photo from the spot, JPEG or PNG, at most 5 MB; its name goes with the step',
          consumes: [...PHOTOS],
          params: tokenShape,
          response: { 200: z.object({ name: z.string() }) },
        },
      },
      async (request) => {
        const { token } = tokenShape.parse(request.params);
        if (!Buffer.isBuffer(request.body)) throw new Fault('not-a-photo', 'The body must be a photo.');
        return { name: await context.responders.photo(token, request.body) };
      },
    );

    scope.route({
      method: ['GET', 'POST'],
      url: '/r/:token',
      bodyLimit: FORM_BYTES,
      config: { access: 'anyone', rateLimit, bodies: [FORM] },
      schema: { hide: true },
      handler: async (request, reply) => {
        reply.type('text/html; charset=utf-8').header('cache-control', 'no-store');
        const { success, data } = tokenShape.safeParse(request.params);
        const view = success ? context.responders.find(data.token) : null;
        if (!success || view === null) return reply.code(410).send(goneLinkPage());
        if (request.method === 'GET') return reply.send(linkPage(view, null));
        const answer = answerShape.safeParse(request.body);
        if (!answer.success || (answer.data.step === 'refuse' && !answer.data.note)) {
          const reason = view.language === 'zh' ? '请写明原因' : 'say why';
          return reply.code(422).send(linkPage(view, { isDone: false, reason }));
        }
        const { note, ...rest } = answer.data;
        const receipt = await context.responders.act(data.token, note ? { ...rest, note } : rest, request.ip);
        const said = {
          isDone: receipt.status !== 'refused',
          reason: receipt.status === 'refused' ? receipt.message : '',
        };
        const after = context.responders.find(data.token) ?? { ...view, steps: [] };
        return reply.code(receipt.status === 'refused' ? 409 : 200).send(linkPage(after, said));
      },
    });
  });
}
