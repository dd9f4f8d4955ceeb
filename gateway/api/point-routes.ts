import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import { SIGNED_IN } from './access.ts';
import type { App } from './app.ts';
import type { ApiContext } from './context.ts';
import { answerShape, countShape, pointShape, seriesShape } from './shapes.ts';

const HOUR_MS = 3_600_000;
const MOST_VALUES = 5000;

/** What is measured, what was, and what the rules say of it. */
export function addPointRoutes(app: App, context: ApiContext): void {
  app.get(
    '/api/v1/points',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'Every point with its newest reading',
        response: { 200: z.object({ points: z.array(pointShape).readonly() }) },
      },
    },
    async () => ({ points: context.points() }),
  );

  app.get(
    '/api/v1/points/:device/:point/series',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'What was read of a point; the last hour unless asked otherwise',
        params: z.object({ device: z.string(), point: z.string() }),
        querystring: z.object({
          from: z.coerce.number().int().optional().describe('UTC, milliseconds'),
          to: z.coerce.number().int().optional().describe('UTC, milliseconds'),
          points: countShape(MOST_VALUES, 500).describe('At most so many values; the extremes are kept'),
        }),
        response: { 200: seriesShape },
      },
    },
    async (request) => {
      const key = `${request.params.device}/${request.params.point}`;
      if (!context.points().some((point) => point.key === key)) {
        throw new Fault('no-such-point', `There is no point ${key}.`);
      }
      const { to = context.clock.now(), points } = request.query;
      const { from = to - HOUR_MS } = request.query;
      if (from > to) throw new Fault('invalid', 'querystring/from: it is after `to`');
      return context.history.series(key, from, to, points);
    },
  );

  app.get(
    '/api/v1/answers',
    {
      config: { access: SIGNED_IN },
      schema: {
        summary: 'What each rule answers of each of its points, and since when',
        response: { 200: z.object({ answers: z.array(answerShape).readonly() }) },
      },
    },
    async () => ({ answers: context.answers() }),
  );
}
