import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import { VERDICTS } from '../alarms/action.ts';
import type { Alarm } from '../alarms/alarm.ts';
import { type Case, casesOf } from '../alarms/case.ts';
import { RESPONSE_STAGES } from '../alarms/response.ts';
import { LEVELS } from '../rules/finding.ts';
import { SIGNED_IN } from './access.ts';
import type { App } from './app.ts';
import type { ApiContext } from './context.ts';
import { atShape, countShape } from './shapes.ts';

const MOST = 1000;
/** Closed alarms that are looked through. */
const SEARCHED = 1000;

const level = z.enum(LEVELS).nullable();
const caseShape = z.object({
  id: z.string(),
  date: z.string(),
  grid: z.string().nullable(),
  deviceName: z.string(),
  state: z.enum(['received', 'dispatched', 'handling', 'verifying', 'closed']),
  raisedAt: atShape,
  closedAt: atShape.nullable(),
  level,
  alarms: z.array(
    z.object({
      id: z.string(),
      key: z.string(),
      state: z.enum(['UNACK', 'ACKED', 'RTNUN', 'NORM']),
      level,
      raisedAt: atShape,
      closedAt: atShape.nullable(),
      verdict: z.enum(VERDICTS).nullable(),
      stage: z.enum(RESPONSE_STAGES).nullable(),
      to: z.string().nullable(),
    }),
  ),
});
const textShape = z.object({ zh: z.string(), en: z.string() });
const cardShape = z.object({
  id: z.string(),
  title: textShape,
  lines: z.array(z.object({ what: z.enum(['close', 'pump', 'detour', 'step']), text: textShape })),
});

const viewOf = (each: Case): z.output<typeof caseShape> => ({
  ...each,
  alarms: each.alarms.map((alarm) => ({ ...alarm, verdict: alarm.verdict ?? null })),
});

/** Cases (案件), each of one place and night, and the cards of what to do about an alarm (处置卡). */
export function addCaseRoutes(app: App, context: ApiContext): void {
  // What the ledger keeps as an alarm's state is the alarm.
  const all = async () => [...context.alarms(), ...((await context.ledger.closedAlarms(SEARCHED)) as readonly Alarm[])];

  app.get(
    '/api/v1/cases',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'What happened at one place in one night, as one case; the newest first',
        querystring: z.object({
          date: z
            .string()
            .regex(/^\d{4}-\d{2}-\d{2}$/)
            .optional()
            .describe('Of the night that began on this day'),
          state: z.enum(['open', 'closed']).optional(),
          limit: countShape(MOST, 200),
        }),
        response: { 200: z.object({ cases: z.array(caseShape) }) },
      },
    },
    async (request) => {
      const { date, state, limit } = request.query;
      const cases = casesOf(await all(), (at) => context.nightOf(at))
        .filter((each) => date === undefined || each.date === date)
        .filter((each) => state === undefined || (each.state === 'closed') === (state === 'closed'));
      return { cases: cases.slice(0, limit).map(viewOf) };
    },
  );

  app.get(
    '/api/v1/alarms/:id/cards',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'What to do about an alarm: the cards of its point and level',
        params: z.object({ id: z.uuid() }),
        response: { 200: z.object({ cards: z.array(cardShape) }) },
      },
    },
    async (request) => {
      const found = (await all()).find(({ id }) => id === request.params.id);
      if (found === undefined)
        throw new Fault('no-such-alarm', `No alarm ${request.params.id} is open or closed lately.`);
      const cards = context.cards(found).map(({ lines, ...card }) => ({ ...card, lines: [...lines] }));
      return { cards };
    },
  );
}
