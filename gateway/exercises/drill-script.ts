import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { DURATION, parseDuration } from '#kit/duration.ts';
import { Fault } from '#kit/fault.ts';
import { ROOT } from '#kit/root.ts';
import { selector } from '../rules/rule.ts';

const duration = z.string().regex(DURATION, 'such as 20min').transform(parseDuration);
const steps = z.array(z.tuple([duration, z.string()])).min(1);
const knots = z.array(z.tuple([duration, z.number()])).min(1);

/** What a drill plays: points by what they measure, and their values over its time. */
const drillScript = z.strictObject({
  drill: z.string(),
  title: z.strictObject({ zh: z.string(), en: z.string() }),
  /** With the time that people have for it, of the script. */
  lasts: duration,
  /** Time of day that the rules see at its beginning; left out: the present. */
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
    .optional(),
  points: z
    .array(
      z
        .strictObject({
          on: selector,
          /** The first so many of the site that match. */
          most: z.int().min(1).max(20).default(3),
          knots: knots.optional(),
          steps: steps.optional(),
        })
        .refine((each) => (each.knots === undefined) !== (each.steps === undefined), 'give knots or steps'),
    )
    .min(1),
});
export type DrillScript = z.output<typeof drillScript>;

const DIR = join(ROOT, 'config', 'drills');

/** The names of the drills that ship. */
export const drillNames = async (): Promise<readonly string[]> =>
  (await readdir(DIR))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();

/** Throws the Fault `no-such-drill`. */
export async function loadDrill(name: string): Promise<DrillScript> {
  const names = await drillNames();
  if (!names.includes(name)) throw new Fault('no-such-drill', `there is no drill ${name}: ${names.join(', ')}`);
  return drillScript.parse(parse(await readFile(join(DIR, `${name}.yaml`), 'utf8')));
}

/** What a point shows at a time of the script, ms: straight lines between knots, each step until the next. */
export function shownAt({ knots, steps }: DrillScript['points'][number], ms: number): number | string {
  if (steps !== undefined) return (steps.findLast(([at]) => at <= ms) ?? steps[0])?.[1] ?? '';
  const all = knots ?? [];
  const after = all.findIndex(([at]) => at > ms);
  const [next, last] = [all[after], all[after === -1 ? all.length - 1 : after - 1]];
  if (last === undefined) return next?.[1] ?? 0;
  if (next === undefined) return last[1];
  return last[1] + ((next[1] - last[1]) * (ms - last[0])) / (next[0] - last[0]);
}
