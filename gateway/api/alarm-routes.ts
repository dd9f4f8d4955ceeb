import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import type { Action, Receipt } from '../alarms/action.ts';
import { type Alarm, stateOf } from '../alarms/alarm.ts';
import { ACKNOWLEDGERS, RESPONDERS, SIGNED_IN, sessionOf } from './access.ts';
import { alarmEvents, EVENTS_SEARCHED } from './alarm-events.ts';
import type { App } from './app.ts';
import { type AuditedDeed, auditLater } from './audit.ts';
import type { ApiContext } from './context.ts';
import { alarmShape, atShape, countShape, eventShape, noteShape } from './shapes.ts';

const MOST_ALARMS = 1000;

const idShape = z.object({ id: z.uuid() });
const answerShape = z.object({ status: z.enum(['done', 'unchanged']), alarm: alarmShape.nullable() });

const viewOf = (alarm: Alarm) => ({ ...alarm, state: stateOf(alarm) });

/** Alarms, what happened to one, and what people do about it. */
export function addAlarmRoutes(app: App, context: ApiContext): void {
  // What the ledger keeps as an alarm's state is the alarm.
  const closedAlarms = async (limit: number) => (await context.ledger.closedAlarms(limit)) as readonly Alarm[];

  async function find(id: string): Promise<Alarm> {
    const matches = (alarm: Alarm) => alarm.id === id;
    const found = context.alarms().find(matches) ?? (await closedAlarms(MOST_ALARMS)).find(matches);
    if (found === undefined) {
      throw new Fault('no-such-alarm', `No alarm ${id} is open or among the last ${MOST_ALARMS} closed.`);
    }
    return found;
  }

  /** What the gateway answers to an action, as the API answers it; a refusal is a problem of the same code. */
  function answerOf(receipt: Receipt) {
    if (receipt.status === 'refused') throw new Fault(receipt.code, receipt.message);
    return { status: receipt.status, alarm: receipt.alarm === null ? null : viewOf(receipt.alarm) };
  }

  async function act(action: Action, what: AuditedDeed, request: Parameters<typeof auditLater>[3]) {
    const answer = answerOf(await context.act(action));
    // The ledger itself keeps who did it, so the answer does not wait for this line.
    if (answer.status === 'done')
      auditLater(context, action.by, what, request, { alarm: 'alarm' in action ? action.alarm : action.on });
    return answer;
  }

  app.get(
    '/api/v1/alarms',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'Alarms, newest first',
        querystring: z.object({
          state: z.enum(['open', 'closed']).default('open'),
          limit: countShape(MOST_ALARMS, MOST_ALARMS),
        }),
        response: { 200: z.object({ alarms: z.array(alarmShape) }) },
      },
    },
    async (request) => {
      const { state, limit } = request.query;
      const alarms =
        state === 'closed'
          ? await closedAlarms(limit)
          : context.alarms().toSorted((a, b) => b.raisedAt - a.raisedAt || (a.id < b.id ? 1 : -1));
      return { alarms: alarms.slice(0, limit).map(viewOf) };
    },
  );

  app.get(
    '/api/v1/alarms/:id',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'An alarm with its events, oldest first',
        description: `Events are looked for among the last ${EVENTS_SEARCHED} entries of the log, and the alarm among the open and the last ${MOST_ALARMS} closed ones; \`complete\` says whether its first event was found.`,
        params: idShape,
        response: {
          200: z.object({
            alarm: alarmShape,
            events: z.array(eventShape),
            complete: z.boolean(),
            pictureAt: atShape.nullable().describe("When the device's last picture came, at its raising or before"),
          }),
        },
      },
    },
    async (request) => {
      const alarm = await find(request.params.id);
      const picture = await context.picture(alarm.watch.device, alarm.raisedAt);
      const life = await alarmEvents(context.ledger, alarm.id);
      return { alarm: viewOf(alarm), ...life, pictureAt: picture?.at ?? null };
    },
  );

  app.get(
    '/api/v1/alarms/:id/picture',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: "The last picture that the alarm's device sent, at its raising or before",
        description: 'The header Last-Modified says when it came.',
        params: idShape,
        response: {
          200: {
            description: 'The picture',
            content: { 'image/jpeg': { schema: z.string() }, 'image/png': { schema: z.string() } },
          },
        },
      },
    },
    async (request, reply) => {
      const { watch, raisedAt, id } = await find(request.params.id);
      const picture = await context.picture(watch.device, raisedAt);
      if (picture === undefined)
        throw new Fault('no-picture', `No picture of ${watch.device} is kept for alarm ${id}.`);
      reply.header('last-modified', new Date(picture.at).toUTCString());
      // Bytes go out as they are: the document tells of them as text, having no better word.
      return reply.type(picture.type).send(Buffer.from(picture.bytes) as never);
    },
  );

  app.post(
    '/api/v1/alarms/:id/acknowledge',
    {
      config: { access: ACKNOWLEDGERS },
      schema: {
        summary: 'Acknowledge: it was seen',
        params: idShape,
        body: z.object({ note: noteShape.optional() }).default({}),
        response: { 200: answerShape },
      },
    },
    async (request) => {
      const { account: by } = sessionOf(request);
      const { note } = request.body;
      return act({ kind: 'acknowledge', alarm: request.params.id, by, note }, 'alarm-acknowledged', request);
    },
  );

  app.post(
    '/api/v1/alarms/:id/note',
    {
      config: { access: RESPONDERS },
      schema: {
        summary: 'Add a note',
        params: idShape,
        body: z.object({ note: noteShape }),
        response: { 200: answerShape },
      },
    },
    async (request) => {
      const { account: by } = sessionOf(request);
      return act({ kind: 'note', alarm: request.params.id, by, note: request.body.note }, 'alarm-noted', request);
    },
  );
}
