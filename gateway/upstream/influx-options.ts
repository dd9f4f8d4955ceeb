import { z } from 'zod';
import { DURATION, parseDuration } from '#kit/duration.ts';

const duration = (initial: string) =>
  z.string().regex(DURATION, 'must be a duration such as 10s').default(initial).transform(parseDuration);

function urlFlaw(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    return 'must be http://host:port or https://host:port';
  }
  if (url.username !== '' || url.password !== '') return 'must not hold credentials: use username and password';
  if (url.search !== '' || url.hash !== '') return 'must end after the path';
  return undefined;
}

export const influxOptions = z.object({
  url: z.string().superRefine((text, context) => {
    const flaw = urlFlaw(text);
    if (flaw !== undefined) context.addIssue({ code: 'custom', message: flaw });
  }),
  /** Made when it is not there. */
  database: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be of letters, digits, "_", "." and "-"')
    .default('gengfu'),
  username: z.string().min(1).optional(),
  password: z.string().optional(),
  /** Minutes with their extremes, mean and Leq, or every reading: a SIM card has a price. */
  every: z.enum(['1min', 'raw']).default('1min'),
  /** Entries of the log too, as marks on a chart. */
  events: z.boolean().default(false),
  /** Lines of one request at most; fewer when the other side finds them too many. */
  batch: z.int().min(1).max(20_000).default(2000),
  timeout: duration('30s'),
  /** MB that may wait while the other side is away; beyond them the oldest readings go. */
  backlog: z.number().min(0.001).max(10_000).default(64),
  /** Where a new upstream begins: at the present, or with all that history has. */
  from: z.enum(['end', 'all']).default('end'),
});

export type InfluxOptions = z.output<typeof influxOptions>;
