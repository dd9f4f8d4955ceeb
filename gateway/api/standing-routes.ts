import { z } from 'zod';
import { SIGNED_IN } from './access.ts';
import type { App } from './app.ts';
import type { ApiContext } from './context.ts';
import { INCIDENTS_SEARCHED, lastIncidents } from './incidents.ts';
import { atShape, clockShape, countShape, levelShape } from './shapes.ts';

const MOST_INCIDENTS = 100;
const untilShape = atShape.describe('UTC, milliseconds: it ends by itself then');

const shelfShape = z.object({
  key: z.string().describe('rule@device/point'),
  by: z.string(),
  note: z.string(),
  at: atShape,
  until: untilShape,
  once: z.boolean().describe('Until the alarm has returned once, if that is earlier'),
  level: levelShape.nullable().describe('A higher level ends it; null: none does'),
});
const serviceShape = z.object({
  on: z.string().describe('device, or device/point'),
  by: z.string(),
  owner: z.string(),
  note: z.string(),
  at: atShape,
  end: z.object({ until: untilShape }).nullable(),
});
const orderShape = z.object({
  on: z.string(),
  order: z.string(),
  by: z.string(),
  note: z.string().nullable(),
  at: atShape,
  until: untilShape,
});

const memberShape = z.object({
  alarm: z.string(),
  subject: z.string().describe('device/point/rule'),
  level: levelShape.nullable(),
  grid: z.string().nullable(),
  at: z.string().describe('RFC 3339'),
});
const incidentShape = z.object({
  incident: z.string().describe('UUIDv7; its alarms name it'),
  isOpen: z.boolean(),
  time: z.string().describe('When it was last told'),
  title: z.object({ zh: z.string(), en: z.string() }),
  level: levelShape.nullable(),
  previousLevel: levelShape.nullable(),
  reason: z.string().nullable(),
  acknowledged: z.boolean().describe('None of its alarms waited to be seen, when it was last told'),
  by: z.string().nullable(),
  response: z
    .object({
      waitsFor: z.string().nullable(),
      due: z.string().nullable(),
      tier: z.number(),
      late: z.string().nullable(),
    })
    .nullable()
    .describe('By when it is to be acknowledged, and the tier that is called'),
  openedAt: z.string(),
  firstOut: memberShape,
  count: z.number().describe('Of all its alarms, when it was last told'),
  alarms: z.array(memberShape).readonly().describe('The first of them'),
  clock: clockShape,
});

/** What keeps alarms from people, and the incidents that alarms were folded into. */
export function addStandingRoutes(app: App, context: ApiContext): void {
  app.get(
    '/api/v1/standing',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'What is shelved, out of service, under a work order or chattering',
        description: 'The alarms that are kept from people by it are found by /api/v1/alarms?only=…',
        response: {
          200: z.object({
            shelves: z.array(shelfShape).readonly(),
            outOfService: z.array(serviceShape).readonly(),
            workOrders: z.array(orderShape).readonly(),
            chattering: z.array(z.string()).readonly().describe('Keys of alarms'),
          }),
        },
      },
    },
    async () => context.standing(),
  );

  app.get(
    '/api/v1/incidents',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'Floods of alarms that were folded into one incident, newest first',
        description: `They are looked for among the last ${INCIDENTS_SEARCHED} entries of the log.`,
        querystring: z.object({ limit: countShape(MOST_INCIDENTS, 20) }),
        response: { 200: z.object({ incidents: z.array(incidentShape) }) },
      },
    },
    async (request) => ({ incidents: await lastIncidents(context.ledger, request.query.limit) }),
  );
}
