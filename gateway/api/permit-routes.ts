import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import { type Permit, type PermitEntry, type PermitReceipt, permit } from '../rules/permit.ts';
import { PERMIT_KEEPERS, SIGNED_IN, sessionOf } from './access.ts';
import type { App } from './app.ts';
import type { ApiContext } from './context.ts';
import { RefusedAt } from './problem.ts';
import { countShape, noteShape, permitEntryShape } from './shapes.ts';

const MOST = 1000;

const idShape = z.object({ id: z.string().min(1) });
const revisionShape = z
  .int()
  .min(0)
  .describe('The revision that this change is made to; refused when there is a newer one');
const answerShape = z.object({
  status: z.enum(['done', 'unchanged']),
  permit: permitEntryShape,
  overlaps: z.array(z.string()).describe('Other permits of the same kind and site at the same time'),
});

/** Anything of a permit but its number; what is null is taken away. */
const changeShape = z.looseObject({ revision: revisionShape.optional(), comment: noteShape.optional() });

/** Filings for night work: to look at, to add, and to change, which acts at that instant. */
export function addPermitRoutes(app: App, context: ApiContext): void {
  const { permits } = context;

  const answerOf = (id: string, { status, warnings }: PermitReceipt) => {
    const overlaps = warnings.map((each) => (each.id === id ? each.with : each.id));
    return { status, permit: viewOf(permits.find(id)), overlaps };
  };

  app.get(
    '/api/v1/permits',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'Permits by number: those of the site’s files, and those that were brought',
        querystring: z.object({
          status: permitEntryShape.shape.permit.shape.status.optional(),
          covers: z
            .enum(['true', 'false'])
            .optional()
            .describe('Only those that are granted and cover this instant, or do not'),
          limit: countShape(MOST, MOST),
          after: z.string().optional().describe('Only numbers after this one'),
        }),
        response: { 200: z.object({ permits: z.array(permitEntryShape), total: z.number() }) },
      },
    },
    async (request) => {
      const { status, covers, limit, after } = request.query;
      const isWanted = covers === undefined ? undefined : covers === 'true';
      const page = await permits.page({ status, covers: isWanted, after, limit });
      return { permits: page.permits.map(viewOf), total: page.total };
    },
  );

  app.get(
    '/api/v1/permits/:id',
    {
      config: { access: SIGNED_IN },
      schema: { summary: 'One permit', params: idShape, response: { 200: permitEntryShape } },
    },
    async (request) => viewOf(permits.find(request.params.id)),
  );

  app.post(
    '/api/v1/permits',
    {
      config: { access: PERMIT_KEEPERS },
      schema: { summary: 'Add a permit; it counts at once', body: permit, response: { 200: answerShape } },
    },
    async (request) => {
      const { account: by } = sessionOf(request);
      const { body } = request;
      const author = { by, source: 'api' as const, from: request.ip };
      return answerOf(body.id, await permits.change([{ permit: body, isNew: true }], author));
    },
  );

  app.patch(
    '/api/v1/permits/:id',
    {
      config: { access: PERMIT_KEEPERS },
      schema: {
        summary: 'Change a permit, such as its status; alarms that it covers change at once',
        description:
          'Fields that are left out stay, fields that are null are taken away. `comment` is kept with the change, in the log and the audit trail.',
        params: idShape,
        body: changeShape,
        response: { 200: answerShape },
      },
    },
    async (request) => {
      const { account: by } = sessionOf(request);
      const { id } = request.params;
      const { revision, comment: note, ...fields } = request.body;
      const present = permits.find(id);
      if (revision !== undefined && revision !== present.revision) {
        throw new Fault('permit-revision', `Permit ${id} is at revision ${present.revision}, not ${revision}.`, {
          hint: 'Look at it as it is now, and change that.',
        });
      }
      const changed = changedBy(present.permit, fields);
      const author = { by, source: 'api' as const, from: request.ip, note };
      return answerOf(id, await permits.change([{ permit: changed }], author));
    },
  );
}

const viewOf = (entry: PermitEntry) => ({ ...entry });

/** The permit with other fields. Throws a Fault `invalid` that names each that is wrong. */
function changedBy(present: Permit, fields: Readonly<Record<string, unknown>>): Permit {
  if ('id' in fields && fields.id !== present.id) {
    throw new RefusedAt('invalid', 'The number of a permit stays.', [{ path: 'body/id', message: 'stays' }]);
  }
  const merged = Object.entries({ ...present, ...fields }).filter(([, value]) => value !== null);
  const read = permit.safeParse(Object.fromEntries(merged));
  if (read.success) return read.data;
  const errors = read.error.issues.map(({ path, message }) => ({ path: `body/${path.join('/')}`, message }));
  throw new RefusedAt('invalid', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), errors);
}
