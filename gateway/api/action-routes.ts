import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import { type Action, action, type Receipt } from '../alarms/action.ts';
import type { Role } from '../ledger/accounts.ts';
import { SIGNED_IN, sessionOf } from './access.ts';
import { ACTION_RIGHTS } from './action-rights.ts';
import { viewOf } from './alarm-routes.ts';
import type { App } from './app.ts';
import { auditLater } from './audit.ts';
import type { ApiContext } from './context.ts';
import { alarmShape } from './shapes.ts';

const answerShape = z.object({
  status: z.enum(['done', 'unchanged']),
  alarm: alarmShape.nullable().describe('Null where it is on a device, or on an alarm that is not open'),
});
const idShape = z.object({ id: z.uuid() });

/** The actions' own shapes, without who asks: that is who is signed in. */
const bodies = action.options.map((each) => {
  const { kind, by: _, ...fields } = each.shape;
  return { kind: kind.value, isOnAlarm: 'alarm' in fields, shape: z.object(fields) };
});
const anyAction = z.looseObject({
  kind: z.enum(bodies.map(({ kind }) => kind)).describe('Its other fields are those of its own route'),
});

/** A responder does these of an alarm that he was sent to, and of no other. */
const OF_WHO_IS_SENT: readonly Action['kind'][] = ['accept', 'refuse', 'arrive', 'resolve'];

type Request = Parameters<typeof sessionOf>[0] & Parameters<typeof auditLater>[3];

/** What people do about alarms and devices; each kind has a route of its own, and all have one that takes any. */
export function addActionRoutes(app: App, context: ApiContext): void {
  async function act(asked: unknown, request: Request) {
    const { account: by, role } = sessionOf(request);
    const said = action.parse({ ...(asked as object), by });
    if (
      role === 'responder' &&
      OF_WHO_IS_SENT.includes(said.kind) &&
      'alarm' in said &&
      !context.isSentTo(by, said.alarm)
    ) {
      throw new Fault('not-allowed', 'Somebody else was sent to this alarm.', { hint: 'The duty desk sends people.' });
    }
    const answer = answerOf(await context.act(said));
    // The ledger itself keeps who did it, so the answer does not wait for this line.
    if (answer.status === 'done') {
      auditLater(
        context,
        by,
        ACTION_RIGHTS[said.kind].deed,
        request,
        'on' in said ? { on: said.on } : { alarm: said.alarm },
      );
    }
    return answer;
  }

  for (const { kind, isOnAlarm, shape } of bodies) {
    const { may: access, summary } = ACTION_RIGHTS[kind];
    const body = isOnAlarm ? shape.omit({ alarm: true } as never) : shape;
    const schema = {
      summary,
      // A body may be left out where nothing in it has to be there.
      body: body.safeParse({}).success ? body.default({} as never) : body,
      response: { 200: answerShape },
    };
    if (isOnAlarm) {
      app.post(
        `/api/v1/alarms/:id/${kind}`,
        { config: { access }, schema: { ...schema, params: idShape } },
        async (request) => act({ ...(request.body as object), kind, alarm: request.params.id }, request),
      );
    } else {
      app.post(`/api/v1/${kind}`, { config: { access }, schema }, async (request) =>
        act({ ...(request.body as object), kind }, request),
      );
    }
  }

  app.post(
    '/api/v1/actions',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'Any action, for those who may; an alarm by its id, or by its key rule@device/point',
        description: 'The one way to shelve an alarm that is not open.',
        body: anyAction,
        response: { 200: answerShape },
      },
    },
    async (request) => {
      const { role } = sessionOf(request);
      const may: readonly Role[] = ACTION_RIGHTS[request.body.kind].may;
      if (!may.includes(role)) {
        throw new Fault('not-allowed', `The role ${role} may not do this; ${may.join(', ')} may.`);
      }
      const read = action.safeParse({ ...request.body, by: 'who is signed in' });
      if (!read.success) {
        const errors = read.error.issues.map(({ path, message }) => `body/${path.join('/')}: ${message}`);
        throw new Fault('invalid', errors.join('; '));
      }
      return act(request.body, request);
    },
  );
}

/** What the gateway answers to an action, as the API answers it; a refusal is a problem of the same code. */
function answerOf(receipt: Receipt) {
  if (receipt.status === 'refused') throw new Fault(receipt.code, receipt.message);
  return { status: receipt.status, alarm: receipt.alarm === null ? null : viewOf(receipt.alarm) };
}
