import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Running } from '../tools/program.ts';

const text = z.object({ zh: z.string(), en: z.string() });

/** An alarm event as the contract has it: every field there, none beside. */
const event = z.strictObject({
  specversion: z.literal('1.0'),
  id: z.string(),
  source: z.string(),
  type: z.string().regex(/^city\.gengfu\.alarm\.[a-z-]+$/),
  subject: z.string(),
  time: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00$/),
  datacontenttype: z.literal('application/json'),
  sequence: z.string().regex(/^\d+$/),
  data: z.strictObject({
    alarm: z.uuidv7(),
    rule: z.string(),
    device: z.string(),
    point: z.string(),
    quantity: z.string(),
    scene: z.string().nullable(),
    level: z.enum(['blue', 'yellow', 'orange', 'red']).nullable(),
    previousLevel: z.enum(['blue', 'yellow', 'orange', 'red']).nullable(),
    condition: z.enum(['active', 'normal']),
    acknowledged: z.boolean(),
    again: z.boolean(),
    reason: z.string().nullable(),
    exercise: z.enum(['drill', 'test']).nullable(),
    value: z.union([z.number(), z.string()]).nullable(),
    limit: z.number().nullable(),
    legalLimit: z.number().nullable(),
    excess: z.number().nullable(),
    unit: z.string().nullable(),
    measure: z.string().nullable(),
    coverage: z.number().nullable(),
    window: z.strictObject({ name: z.string(), date: z.string() }).nullable(),
    permit: z.strictObject({ id: z.string(), status: z.string() }).nullable(),
    basis: z.string().nullable(),
    place: z.strictObject({ grid: z.string().nullable(), at: z.tuple([z.number(), z.number()]).nullable() }),
    title: text,
    follows: z.uuidv7().nullable(),
    by: z.string().nullable(),
    note: z.string().nullable(),
    shelvedUntil: z.string().nullable(),
    suppressedBy: z.string().nullable(),
    outOfService: z.string().nullable(),
    response: z.looseObject({ plan: z.string() }).nullable(),
    verdict: z.string().nullable(),
    incident: z.uuidv7().nullable(),
    clock: z.enum(['synchronised', 'holding', 'unknown']),
    chain: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  }),
});
export type SentEvent = z.output<typeof event>;

/** What mosquitto_sub printed so far, each line JSON. */
export const sentBy = (program: Running): string[] => program.lines().filter((line) => line.startsWith('{'));

/**
 * The events that an upstream got, in their order and without doubles. Throws where one is not as the contract has it,
 * a number is left out, or one's chain is not the sha256 of the bytes before it.
 */
export function eventsOf(program: Running, gateway: string): SentEvent[] {
  const events: SentEvent[] = [];
  let before = '';
  for (const line of sentBy(program)) {
    const each = event.parse(JSON.parse(line));
    const number = Number(each.sequence);
    if (number <= events.length) continue;
    if (number !== events.length + 1) throw new Error(`${number} came after ${events.length}`);
    if (each.id !== `${gateway}/${number}`) throw new Error(`the id of ${number} is ${each.id}`);
    if (each.source !== `/gengfu/${gateway}`) throw new Error(`the source of ${number} is ${each.source}`);
    const chain = `sha256:${createHash('sha256').update(before).digest('hex')}`;
    if (each.data.chain !== chain) throw new Error(`${number} is not chained to the bytes of ${number - 1}`);
    before = line;
    events.push(each);
  }
  return events;
}

/** `raised noise-1 yellow 65`: what a table of expectations compares. */
export const told = ({ type, data }: SentEvent): string =>
  [type.slice('city.gengfu.alarm.'.length), data.device, data.level, data.value]
    .filter((each) => each !== null)
    .join(' ');
