import { z } from 'zod';
import type { Access } from './access.ts';
import { SIGNED_IN, sessionOf } from './access.ts';
import type { App } from './app.ts';
import { auditLater } from './audit.ts';
import type { ApiContext } from './context.ts';
import { type DutyEntry, type DutyView, MODES } from './duty-desk.ts';
import { atShape, countShape } from './shapes.ts';

const DUTY: Access = ['duty', 'admin'];
const MOST_LINES = 500;

const personShape = z.object({ id: z.string(), name: z.string() });
const modeShape = z.enum(MODES).describe('routine (日常), then IV to I, the highest level of emergency response');
const textShape = z.string().trim().min(1).max(1000);

const dutyShape = z.object({
  mode: modeShape,
  modeSince: atShape.nullable(),
  modeBy: z.string().nullable(),
  modeNote: z.string().nullable(),
  duty: z.array(personShape),
  leader: z.array(personShape),
  shifts: z.array(z.string()),
  since: atShape.nullable(),
  until: atShape.nullable(),
  by: z.enum(['roster', 'hand-over', 'role', 'nobody']),
  open: z.number(),
});
const entryShape = z.object({
  number: z.number(),
  at: atShape,
  by: z.string(),
  kind: z.enum(['first', 'further', 'final', 'note', 'hand-over', 'mode']),
  of: z.number().nullable(),
  came: z.enum(['call', 'letter', 'other']).nullable(),
  from: z.string().nullable(),
  text: z.string(),
  handOver: z.object({ from: z.array(z.string()), to: z.array(z.string()), open: z.array(z.string()) }).nullable(),
});

const viewOf = (view: DutyView): z.output<typeof dutyShape> => ({
  ...view,
  duty: [...view.duty],
  leader: [...view.leader],
  shifts: [...view.shifts],
});
const lineOf = ({ handOver, ...entry }: DutyEntry): z.output<typeof entryShape> => ({
  ...entry,
  handOver: handOver && { from: [...handOver.from], to: [...handOver.to], open: [...handOver.open] },
});

/** Who is on duty, hand-over, the mode of the site, and the duty log (值班日志). */
export function addDutyRoutes(app: App, context: ApiContext): void {
  app.get(
    '/api/v1/duty',
    {
      config: { access: SIGNED_IN },
      schema: { summary: 'Who is on duty now, and in which mode the site is', response: { 200: dutyShape } },
    },
    async () => viewOf(context.duty.now()),
  );

  app.post(
    '/api/v1/duty/hand-over',
    {
      config: { access: DUTY },
      schema: {
        summary: 'Hand over to others, with what is open',
        body: z.object({ to: z.array(z.string().min(1).max(100)).min(1).max(10), note: textShape.optional() }),
        response: { 200: entryShape },
      },
    },
    async (request) => {
      const { account } = sessionOf(request);
      const line = await context.duty.handOver(request.body.to, request.body.note ?? null, account);
      auditLater(context, account, 'duty-handed-over', request, { number: line.number, to: line.handOver?.to });
      return lineOf(line);
    },
  );

  app.post(
    '/api/v1/duty/mode',
    {
      config: { access: DUTY },
      schema: {
        summary: 'Put the site into emergency response, or back to routine',
        body: z.object({ mode: modeShape, note: textShape }),
        response: { 200: z.object({ status: z.enum(['done', 'unchanged']) }) },
      },
    },
    async (request) => {
      const { account } = sessionOf(request);
      const { mode, note } = request.body;
      const status = await context.duty.setMode(mode, note, account);
      if (status === 'done') auditLater(context, account, 'duty-mode', request, { mode });
      return { status };
    },
  );

  app.get(
    '/api/v1/duty/log',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'The duty log, newest first',
        querystring: z.object({ limit: countShape(MOST_LINES, 100) }),
        response: { 200: z.object({ entries: z.array(entryShape) }) },
      },
    },
    async (request) => ({ entries: context.duty.log(request.query.limit).map(lineOf) }),
  );

  app.post(
    '/api/v1/duty/log',
    {
      config: { access: DUTY },
      schema: {
        summary: 'Write down a report that came in: first, further or final',
        body: z.object({
          kind: z.enum(['first', 'further', 'final', 'note']).default('note'),
          of: z.int().positive().optional().describe('The number of the first report that it goes on'),
          came: z.enum(['call', 'letter', 'other']).optional(),
          from: z.string().trim().min(1).max(200).optional().describe('Who reported it; stays on the box'),
          text: textShape,
        }),
        response: { 200: entryShape },
      },
    },
    async (request) => {
      const { account } = sessionOf(request);
      const line = await context.duty.write(request.body, account);
      auditLater(context, account, 'duty-logged', request, { number: line.number });
      return lineOf(line);
    },
  );
}
