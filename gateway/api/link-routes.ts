import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { codeOf, Fault } from '#kit/fault.ts';
import type { App } from './app.ts';
import { type ApiContext, RESPONSE_PHOTO_BYTES } from './context.ts';
import { LINK_STEPS, type LinkAnswer, type LinkView, linkGone } from './link-desk.ts';
import { goneLinkPage, type LinkTrouble, linkPage, troubleWords } from './link-page.ts';
import { LINK_SCRIPT } from './link-script.ts';
import { PHOTO_TYPES } from './photo-routes.ts';
import { atShape } from './shapes.ts';

/** From one address; who has a token needs a handful. */
const rateLimit = { max: 30, timeWindow: 60_000 };
const FORM = 'application/x-www-form-urlencoded';
const PARTS = 'multipart/form-data';
/** What a form holds beside its photo. */
const FIELDS_BYTES = 64 * 1024;
const FORM_BYTES = RESPONSE_PHOTO_BYTES + FIELDS_BYTES;
/** Bodies with photos that are taken in at once: they stand in memory. */
const MOST_UPLOADS = 4;

const tokenShape = z.object({ token: z.string().regex(/^[A-Za-z0-9_-]{24}$/) });
const placeShape = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]);
const answerShape = z.object({
  step: z.enum(LINK_STEPS),
  note: z.string().trim().max(1000).optional(),
  at: placeShape.optional(),
  photo: z.string().max(64).optional(),
});
/** As the form sends it: what was left empty is ''. */
const formShape = z.object({
  step: z.enum(LINK_STEPS),
  note: z.string().trim().max(1000).default(''),
  at: z
    .string()
    .default('')
    .transform((text) => placeShape.safeParse(text.split(',').map(Number)).data),
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

const TROUBLES: Readonly<Record<string, LinkTrouble>> = {
  'not-a-photo': 'badPhoto',
  'too-large': 'largePhoto',
  'too-many-photos': 'manyPhotos',
  'link-gone': 'replaced',
  'wrong-step': 'nothing',
};

/**
 * What somebody does by his one-time link, without an account: the token in the path is all that he has, so that no cookie
 * gives anybody a right here, and a form of another page could do nothing that its author could not do himself.
 */
export function addLinkRoutes(app: App, context: ApiContext): void {
  const find = (request: { readonly params: unknown }): LinkView | null => {
    const { success, data } = tokenShape.safeParse(request.params);
    return success ? context.responders.find(data.token) : null;
  };
  const found = (request: { readonly params: unknown }): LinkView => {
    const view = find(request);
    if (view === null) throw linkGone();
    return view;
  };

  /** The photo, and then the step that it belongs to; without the one the other is not taken. */
  async function take(
    token: string,
    { step, note, at }: z.output<typeof formShape>,
    photo: Buffer | null,
    from: string,
  ): Promise<{ readonly status: string; readonly code: string; readonly message: string }> {
    try {
      const name = photo === null ? undefined : await context.responders.photo(token, photo);
      const answer: LinkAnswer = {
        step,
        ...(note === '' ? {} : { note }),
        ...(at === undefined ? {} : { at }),
        ...(name === undefined ? {} : { photo: name }),
      };
      return { code: '', message: '', ...(await context.responders.act(token, answer, from)) };
    } catch (error) {
      if (!(error instanceof Fault) || !(error.code in TROUBLES)) throw error;
      return { status: 'refused', code: error.code, message: error.message };
    }
  }

  app.get(
    '/api/v1/response/:token',
    {
      config: { access: 'anyone', rateLimit },
      schema: { summary: 'The alarm of a one-time link', params: tokenShape, response: { 200: viewShape } },
    },
    async (request) => viewOf(found(request)),
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
    let uploads = 0;
    scope.addContentTypeParser(
      [...PHOTO_TYPES, PARTS],
      { parseAs: 'buffer', bodyLimit: FORM_BYTES },
      async (_: unknown, body: Buffer) => body,
    );
    scope.addContentTypeParser(FORM, { parseAs: 'string', bodyLimit: 16 * 1024 }, async (_: unknown, body: string) =>
      Object.fromEntries(new URLSearchParams(body)),
    );
    // Before anything of a body is read: nobody but who has a link may fill the memory with it, and few at once.
    scope.addHook('onRequest', async (request, reply) => {
      if (request.method === 'GET' || request.method === 'HEAD') return;
      found(request);
      // A step without a photo waits for nobody's photo; what does not say its length may be as long as one.
      if (Number(request.headers['content-length'] ?? FORM_BYTES) <= FIELDS_BYTES) return;
      if (uploads >= MOST_UPLOADS) throw new Fault('busy', 'Too many photos come in at once.');
      uploads++;
      reply.raw.once('close', () => uploads--);
    });

    scope.post(
      '/api/v1/response/:token/photos',
      {
        bodyLimit: RESPONSE_PHOTO_BYTES,
        config: { access: 'anyone', rateLimit, bodies: PHOTO_TYPES },
        schema: {
          summary: 'A photo from the spot, JPEG or PNG, at most 8 MB; its name goes with the step',
          consumes: [...PHOTO_TYPES],
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

    scope.register(async (pages) => {
      const asPage = (reply: FastifyReply) =>
        reply.type('text/html; charset=utf-8').header('cache-control', 'no-store').header('x-robots-tag', 'noindex');
      const goneTo = (request: FastifyRequest, reply: FastifyReply) => {
        const { success, data } = tokenShape.safeParse(request.params);
        const end = success ? context.responders.endOf(data.token) : 'unknown';
        return asPage(reply).code(410).send(goneLinkPage(end));
      };
      pages.setErrorHandler((error, request, reply) => {
        if (codeOf(error) === 'link-gone') return goneTo(request, reply);
        const view = find(request);
        const status = (error as { statusCode?: number }).statusCode;
        const isBusy = status === 429 || codeOf(error) === 'busy';
        if (view === null || (status !== 413 && !isBusy)) throw error;
        // Who sends all before he reads, as browsers do, would see a broken connection and not the page.
        reply.removeHeader('connection');
        const reason = troubleWords(view.language, isBusy ? 'busy' : 'largePhoto');
        return asPage(reply)
          .code(isBusy ? 429 : 422)
          .send(linkPage(view, { isDone: false, reason }));
      });
      pages.route({
        method: ['GET', 'POST'],
        url: '/r/:token',
        bodyLimit: FORM_BYTES,
        config: { access: 'anyone', rateLimit, bodies: [FORM, PARTS], isByToken: true },
        schema: { hide: true },
        handler: async (request, reply) => {
          const view = find(request);
          if (view === null) return goneTo(request, reply);
          if (request.method === 'GET') return asPage(reply).send(linkPage(view, null));
          const { token } = tokenShape.parse(request.params);
          const { fields, photo } = await partsOf(request);
          const { success, data } = formShape.safeParse(fields);
          const note = typeof fields.note === 'string' ? fields.note : '';
          const refuse = (status: number, reason: string) =>
            asPage(reply)
              .code(status)
              .send(linkPage(context.responders.find(token) ?? view, { isDone: false, reason }, note));
          if (!success) return refuse(422, troubleWords(view.language, 'nothing'));
          if (data.step === 'refuse' && data.note === '') return refuse(422, troubleWords(view.language, 'why'));
          const receipt = await take(token, data, photo, request.ip);
          if (receipt.status === 'refused') {
            const trouble = TROUBLES[receipt.code];
            const reason = trouble === undefined ? receipt.message : troubleWords(view.language, trouble);
            return refuse(trouble?.endsWith('Photo') ? 422 : 409, reason);
          }
          const after = context.responders.find(token) ?? { ...view, steps: [] };
          return asPage(reply).send(linkPage(after, { isDone: true, reason: '' }));
        },
      });
    });
  });

  app.get('/r/page.js', { config: { access: 'anyone' }, schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').header('cache-control', 'no-cache').send(LINK_SCRIPT),
  );
}

/** What a form holds, sent either way, and its photo if one was chosen. */
async function partsOf({
  body,
  headers,
}: FastifyRequest): Promise<{ readonly fields: Readonly<Record<string, unknown>>; readonly photo: Buffer | null }> {
  if (!Buffer.isBuffer(body))
    return { fields: typeof body === 'object' && body !== null ? { ...body } : {}, photo: null };
  const type = headers['content-type'] ?? '';
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } })
    .formData()
    .catch(() => new FormData());
  const file = form.get('photo');
  const photo = file instanceof File && file.size > 0 ? Buffer.from(await file.arrayBuffer()) : null;
  return { fields: Object.fromEntries([...form].filter(([, value]) => typeof value === 'string')), photo };
}
