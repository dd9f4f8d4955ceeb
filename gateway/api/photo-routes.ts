import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import { RESPONDERS, SIGNED_IN, sessionOf } from './access.ts';
import type { App } from './app.ts';
import { auditLater } from './audit.ts';
import { type ApiContext, RESPONSE_PHOTO_BYTES } from './context.ts';
import { atShape } from './shapes.ts';

export const PHOTO_TYPES: readonly string[] = ['image/jpeg', 'image/png'];

const idShape = z.object({ id: z.uuid() });
const nameShape = z.object({ id: z.uuid(), name: z.string().max(64) });
const photoShape = z.object({
  name: z.string(),
  type: z.enum(['image/jpeg', 'image/png']),
  bytes: z.number(),
  at: atShape,
});

/** Photos that people took at the spot of an alarm. */
export function addPhotoRoutes(app: App, context: ApiContext): void {
  app.get(
    '/api/v1/alarms/:id/photos',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'Photos from the spot of an alarm, oldest first',
        params: idShape,
        response: { 200: z.object({ photos: z.array(photoShape).readonly() }) },
      },
    },
    async (request) => ({ photos: await context.photos.list(request.params.id) }),
  );

  app.get(
    '/api/v1/alarms/:id/photos/:name',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'One of them',
        params: nameShape,
        response: {
          200: {
            description: 'The photo',
            content: { 'image/jpeg': { schema: z.string() }, 'image/png': { schema: z.string() } },
          },
        },
      },
    },
    async (request, reply) => {
      const { id, name } = request.params;
      const { type, bytes } = await context.photos.read(id, name);
      // Bytes go out as they are: the document tells of them as text, having no better word.
      return reply.type(type).send(Buffer.from(bytes) as never);
    },
  );

  // A scope of its own: nowhere else are bodies taken that are no JSON.
  app.register(async (scope) => {
    scope.addContentTypeParser(
      [...PHOTO_TYPES],
      { parseAs: 'buffer', bodyLimit: RESPONSE_PHOTO_BYTES },
      async (_: unknown, body: Buffer) => body,
    );
    scope.post(
      '/api/v1/alarms/:id/photos',
      {
        bodyLimit: RESPONSE_PHOTO_BYTES,
        config: { access: RESPONDERS, bodies: PHOTO_TYPES },
        schema: {
          summary: 'A photo from the spot, JPEG or PNG, at most 8 MB; its name goes with the step as `photo`',
          consumes: [...PHOTO_TYPES],
          params: idShape,
          response: { 200: photoShape },
        },
      },
      async (request) => {
        const { id } = idShape.parse(request.params);
        if (!context.alarms().some((alarm) => alarm.id === id)) {
          throw new Fault('no-such-alarm', `No alarm ${id} is open.`);
        }
        if (!Buffer.isBuffer(request.body)) throw new Fault('not-a-photo', 'The body must be a photo.');
        const photo = await context.photos.add(id, request.body, context.clock.now());
        auditLater(context, sessionOf(request).account, 'alarm-photo-added', request, { alarm: id, name: photo.name });
        return photo;
      },
    );
  });
}
