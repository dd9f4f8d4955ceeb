import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import { type Alarm, stateOf } from '../alarms/alarm.ts';
import { SIGNED_IN } from './access.ts';
import { alarmEvents, EVENTS_SEARCHED } from './alarm-events.ts';
import type { App } from './app.ts';
import type { ApiContext } from './context.ts';
import { alarmShape, atShape, countShape, eventShape } from './shapes.ts';

const MOST_ALARMS = 1000;

const ONLY = ['shelved', 'suppressed', 'out-of-service', 'stale', 'incident', 'called'] as const;
const IS: Readonly<Record<(typeof ONLY)[number], (alarm: Alarm) => boolean>> = {
  shelved: ({ announced }) => announced?.shelved != null,
  suppressed: ({ announced }) => announced?.suppressedBy != null,
  'out-of-service': ({ announced }) => announced?.outOfService != null,
  stale: ({ staleAt }) => staleAt !== undefined,
  incident: ({ incident }) => incident !== undefined,
  called: ({ announced }) => announced === undefined,
};

const idShape = z.object({ id: z.uuid() });

export const viewOf = (alarm: Alarm) => ({ ...alarm, state: stateOf(alarm) });

/** Alarms, and what happened to one. */
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

  app.get(
    '/api/v1/alarms',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'Alarms, newest first',
        querystring: z.object({
          state: z.enum(['open', 'closed']).default('open'),
          only: z
            .enum(ONLY)
            .optional()
            .describe('Those that nobody is called for, by what keeps them from people; those active for too long'),
          limit: countShape(MOST_ALARMS, MOST_ALARMS),
        }),
        response: { 200: z.object({ alarms: z.array(alarmShape) }) },
      },
    },
    async (request) => {
      const { state, only, limit } = request.query;
      const alarms =
        state === 'closed'
          ? await closedAlarms(limit)
          : context.alarms().toSorted((a, b) => b.raisedAt - a.raisedAt || (a.id < b.id ? 1 : -1));
      const wanted = only === undefined ? alarms : alarms.filter(IS[only]);
      return { alarms: wanted.slice(0, limit).map(viewOf) };
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
}
