import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import { INSTALLERS, SIGNED_IN, sessionOf } from './access.ts';
import type { App } from './app.ts';
import type { ApiContext } from './context.ts';
import type { DeviceAnswer, DeviceAuthor } from './device-desk.ts';
import { RefusedAt } from './problem.ts';
import { deviceShape } from './shapes.ts';

const idShape = z.object({ id: z.string().min(1).max(64) });
const withEdits = z
  .boolean()
  .default(false)
  .describe('Also apply what was written into the site’s directory by hand and is not applied yet');
const check = z.boolean().default(false).describe('Only say what it would do');

const answerShape = z.object({
  status: z.enum(['applied', 'unchanged']),
  device: z.string(),
  file: z.string().describe('In the site’s directory'),
  lines: z.array(z.string()).readonly().describe('The lines that are new in it'),
  number: z.number().describe('Of the site that runs now; `gengfu site back` puts an earlier one back'),
  hash: z.string(),
  changes: z.looseObject({}),
  warnings: z.array(z.string()).readonly().describe('Each as file:line:column: message'),
});

/** Fields of a device that may change without its being another device. */
const changeShape = z.strictObject({
  name: z.string().min(1).max(200).nullable().optional(),
  scene: z.string().min(1).max(64).nullable().optional(),
  place: z.looseObject({}).nullable().optional(),
  asset: z.looseObject({}).nullable().optional(),
  tags: z.array(z.string().min(1).max(64)).max(50).nullable().optional(),
});

/** A refusal is a problem document; its `errors` are the problems of the site's files, each at `file:line:column`. */
function answerOf(answer: DeviceAnswer) {
  if (answer.status !== 'refused') return answer;
  throw new RefusedAt(answer.code, answer.message, answer.problems, answer.hint);
}

/** Devices of the site: adopted (纳管), named, placed, and taken out again. */
export function addAdoptRoutes(app: App, context: ApiContext): void {
  const authorOf = (
    request: Parameters<typeof sessionOf>[0] & { readonly ip: string },
    how: Pick<DeviceAuthor, 'withEdits' | 'isTrial'>,
  ): DeviceAuthor => ({ by: sessionOf(request).account, from: request.ip, ...how });

  app.get(
    '/api/v1/devices',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'The devices of the site, with what the register has of them',
        response: { 200: z.object({ devices: z.array(deviceShape).readonly() }) },
      },
    },
    async () => ({ devices: context.devices.list() }),
  );

  app.get(
    '/api/v1/devices/:id',
    {
      config: { access: SIGNED_IN },
      schema: { summary: 'One device', params: idShape, response: { 200: deviceShape } },
    },
    async ({ params: { id } }) => {
      const found = context.devices.list().find((each) => each.id === id);
      if (found === undefined) throw new Fault('no-such-device', `The site has no device ${id}.`);
      return found;
    },
  );

  app.post(
    '/api/v1/devices',
    {
      config: { access: INSTALLERS },
      schema: {
        summary: 'Adopt a device: a new one in the site’s files, applied at once',
        description:
          'Checked whole before anything is written; comments and layout of the file stay. Where it is refused no file is otherwise than before.',
        body: z.object({
          device: z
            .looseObject({ profile: z.string(), link: z.string() })
            .describe('As a file of the site has it: profile, link, address …; without an id one is proposed'),
          unknown: z
            .string()
            .max(64)
            .optional()
            .describe('What it calls itself on its link (`unknown` of the link), in place of its address'),
          file: z.string().max(200).optional().describe('devices/NAME.yaml; where devices of its link stand otherwise'),
          withEdits,
          check,
        }),
        response: { 200: answerShape },
      },
    },
    async (request) => {
      const { device, unknown, file, withEdits, check } = request.body;
      const author = authorOf(request, { withEdits, isTrial: check });
      return answerOf(await context.devices.adopt({ device, unknown, file }, author));
    },
  );

  app.patch(
    '/api/v1/devices/:id',
    {
      config: { access: INSTALLERS },
      schema: {
        summary: 'Change what is said of a device: its name, place, scene, tags and register entry',
        description: 'Fields that are left out stay, fields that are null are taken away.',
        params: idShape,
        body: changeShape.extend({ withEdits }),
        response: { 200: answerShape },
      },
    },
    async (request) => {
      const { withEdits, ...fields } = request.body;
      return answerOf(await context.devices.change(request.params.id, fields, authorOf(request, { withEdits })));
    },
  );

  app.delete(
    '/api/v1/devices/:id',
    {
      config: { access: INSTALLERS },
      schema: { summary: 'Take a device out of the site', params: idShape, response: { 200: answerShape } },
    },
    async (request) => answerOf(await context.devices.remove(request.params.id, authorOf(request, {}))),
  );
}
