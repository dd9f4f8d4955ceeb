import { z } from 'zod';
import { Fault } from '#kit/fault.ts';
import type { ExerciseDesk } from './exercise-desk.ts';

/** What the commands ask of walk tests and drills. */
export const EXERCISE_REQUESTS = [
  z.strictObject({
    ask: z.literal('walk-test'),
    device: z.string(),
    point: z.string().optional(),
    rule: z.string().optional(),
    withinMs: z.number().optional(),
  }),
  /** How one goes, and what it said after a number. */
  z.strictObject({ ask: z.literal('walk-test-news'), id: z.string(), after: z.number() }),
  z.strictObject({ ask: z.literal('walk-test-stop'), id: z.string() }),
  z.strictObject({
    ask: z.literal('drill'),
    drill: z.string(),
    place: z.string().optional(),
    speed: z.number().optional(),
  }),
  z.strictObject({ ask: z.literal('drill-stop') }),
  z.strictObject({ ask: z.literal('drill-report') }),
] as const;
type ExerciseRequest = z.output<(typeof EXERCISE_REQUESTS)[number]>;

export async function answerExercise(
  asked: ExerciseRequest,
  { walkTests, drills }: Pick<ExerciseDesk, 'walkTests' | 'drills'>,
  by: string,
): Promise<unknown> {
  switch (asked.ask) {
    case 'walk-test': {
      const { ask: _, ...wish } = asked;
      return walkTests.start(wish, by);
    }
    case 'walk-test-news': {
      const view = walkTests.find(asked.id);
      if (view === undefined) throw new Fault('no-such-job', `there is no walk test ${asked.id}`);
      return { view, news: walkTests.news(asked.id, asked.after) };
    }
    case 'walk-test-stop':
      return (await walkTests.stop(asked.id)) ?? null;
    case 'drill': {
      const { ask: _, ...wish } = asked;
      return drills.start(wish, by);
    }
    case 'drill-stop':
      return drills.stop(by);
    case 'drill-report':
      return drills.report();
    default:
      return asked satisfies never;
  }
}
