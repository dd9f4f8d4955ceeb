import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import { INSTALLERS, SIGNED_IN, sessionOf } from './access.ts';
import type { App } from './app.ts';
import type { ApiContext } from './context.ts';
import { RefusedAt } from './problem.ts';
import { atShape, DONE, doneShape } from './shapes.ts';

/** A register of ten thousand rows. */
const REGISTER_BYTES = 8 * 2 ** 20;
const PHOTO_BYTES = 5 * 2 ** 20;
const PHOTO_TYPES = ['image/jpeg', 'image/png'] as const;

const idShape = z.object({ id: z.string().min(1).max(64) });
const photoShape = z.object({
  name: z.string(),
  type: z.enum(PHOTO_TYPES),
  bytes: z.number(),
  at: atShape,
});

/** The device register (设备台账) as CSV, and the photos of devices. */
export function addAssetRoutes(app: App, context: ApiContext): void {
  app.get(
    '/api/v1/assets',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'The device register as CSV, in UTF-8 with a byte order mark',
        response: { 200: { description: 'The register', content: { 'text/csv': { schema: z.string() } } } },
      },
    },
    async (_request, reply) => {
      reply.header('content-disposition', 'attachment; filename="assets.csv"');
      return reply.type('text/csv; charset=utf-8').send(Buffer.from(context.devices.exportAssets()) as never);
    },
  );

  app.post(
    '/api/v1/assets',
    {
      bodyLimit: REGISTER_BYTES,
      config: { access: INSTALLERS },
      schema: {
        summary: 'Take a device register: all rows or none',
        description:
          'Headings in Chinese or English. A field that is left empty stays as it is, one that is `-` is taken away. With one row that is wrong nothing is taken: each is told with its row and column.',
        body: z.object({
          csv: z.string(),
          check: z.boolean().default(false).describe('Only say what is wrong'),
          withEdits: z.boolean().default(false),
        }),
        response: {
          200: z.object({
            status: z.enum(['applied', 'unchanged']),
            rows: z.number(),
            changed: z.array(z.string()).readonly(),
            unchanged: z.number(),
          }),
        },
      },
    },
    async (request) => {
      const { csv, check, withEdits } = request.body;
      const author = { by: sessionOf(request).account, from: request.ip, withEdits, isTrial: check };
      const answer = await context.devices.importAssets(csv, author);
      if (answer.status === 'refused') {
        throw new RefusedAt(answer.code, answer.message, answer.problems, answer.hint);
      }
      const { problems, ...told } = answer;
      if (problems.length === 0) return told;
      const errors = problems.slice(0, 100).map(({ row, column, message }) => {
        return { path: column === null ? `row ${row}` : `row ${row}, ${column}`, message };
      });
      throw new RefusedAt('invalid', `${problems.length} fields of the register are wrong`, errors);
    },
  );

  app.get(
    '/api/v1/devices/:id/photos',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'Photos of a device as it was put up, oldest first',
        params: idShape,
        response: { 200: z.object({ photos: z.array(photoShape).readonly() }) },
      },
    },
    async (request) => ({ photos: await context.devices.photos(request.params.id) }),
  );

  app.get(
    '/api/v1/devices/:id/photos/:name',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'One photo',
        params: idShape.extend({ name: z.string().max(64) }),
        response: {
          200: {
            description: 'The photo',
            content: { 'image/jpeg': { schema: z.string() }, 'image/png': { schema: z.string() } },
          },
        },
      },
    },
    async (request, reply) => {
      const { type, bytes } = await context.devices.photo(request.params.id, request.params.name);
      return reply.type(type).send(Buffer.from(bytes) as never);
    },
  );

  app.delete(
    '/api/v1/devices/:id/photos/:name',
    {
      config: { access: INSTALLERS },
      schema: {
        summary: 'Take a photo away',
        params: idShape.extend({ name: z.string().max(64) }),
        response: { 200: doneShape },
      },
    },
    async (request) => {
      const { id, name } = request.params;
      await context.devices.removePhoto(id, name, { by: sessionOf(request).account, from: request.ip });
      return DONE;
    },
  );

  // A scope of its own: nowhere else does the API take bodies that are no JSON.
  app.register(async (scope) => {
    scope.addContentTypeParser(
      [...PHOTO_TYPES],
      { parseAs: 'buffer', bodyLimit: PHOTO_BYTES },
      async (_request: unknown, body: Buffer) => body,
    );
    scope.post(
      '/api/v1/devices/:id/photos',
      {
        bodyLimit: PHOTO_BYTES,
        config: { access: INSTALLERS, bodies: PHOTO_TYPES },
        schema: {
          summary: 'Add a photo of a device: JPEG or PNG, at most 5 MB each and 20 a device',
          consumes: [...PHOTO_TYPES],
          params: idShape,
          response: { 200: photoShape },
        },
      },
      async (request) => {
        const { id } = idShape.parse(request.params);
        if (!Buffer.isBuffer(request.body)) throw new Fault('not-a-photo', 'The body must be a photo.');
        return await context.devices.addPhoto(id, request.body, { by: sessionOf(request).account, from: request.ip });
      },
    );
  });
}
