import { z } from 'zod';
import { durationLike } from '../duration.ts';
import type { Point } from '../point.ts';
import { READING_CODES } from '../reading.ts';
import { topicFlaw } from './topic.ts';

const TOPIC = '{topic}';
const VALUE = '{value}';
const LONGEST_PAYLOAD = 4096;
/** A number as it is sent; what a conversion of units adds behind that is no part of it. */
const DIGITS = 12;

const payload = z.union([
  z.string().min(1).max(LONGEST_PAYLOAD),
  z.number(),
  z.boolean(),
  z.record(z.string(), z.unknown()),
]);

/** How a point is written: what is published, and until when the device must have reported what became of it. */
export const write = z
  .strictObject({
    /** Where; `{topic}` is the device's own. */
    topic: z
      .string()
      .refine((text) => text.includes(TOPIC), `must hold ${TOPIC}, the device's own topic`)
      .superRefine((text, context) => {
        const flaw = topicFlaw(text.replaceAll(TOPIC, 'a'));
        if (flaw !== undefined) context.addIssue({ code: 'custom', message: flaw });
      })
      .default(`${TOPIC}/set`),
    /** For all values; `{value}` in it is the number, or the state's name. A text is sent as it is, all else as JSON. */
    payload: payload.optional(),
    /** State's name → what is sent for it. */
    payloads: z.record(z.string(), payload).optional(),
    within: durationLike('5s')
      .refine((ms) => ms >= 100 && ms <= 60_000, 'from 100ms to 60s')
      .prefault('5s'),
    /** Whether the device reports after each command, or only where it has changed something. */
    reports: z.enum(['always', 'changes']).default('always'),
  })
  .superRefine((value, context) => {
    if ((value.payload === undefined) !== (value.payloads === undefined)) return;
    context.addIssue({
      code: 'custom',
      path: ['payload'],
      message: 'has a payload, or payloads by state, and not both',
    });
  });
type Write = z.output<typeof write>;

/** A point that can be written, as far as that is asked here. */
export type CommandPoint = Point<{ readonly write?: Write | undefined }>;

/** One value on its way to its device. */
export interface Command {
  readonly topic: string;
  readonly payload: Buffer;
  readonly withinMs: number;
  readonly reports: Write['reports'];
}

/** Where a point is written; undefined where it is not. */
export const commandTopic = (own: string, { source }: CommandPoint): string | undefined =>
  source.write?.topic.replaceAll(TOPIC, own);

/** What to publish for a value of a point, in its quantity's unit or a state's name; a code where that cannot be. */
export function planCommand(own: string, point: CommandPoint, value: number | string): Command | string {
  const { write } = point.source;
  const topic = commandTopic(own, point);
  if (write === undefined || topic === undefined) return 'not-writable';
  const sent = sentFor(point, value);
  if (typeof sent === 'object') return sent.code;
  const template = write.payloads === undefined ? write.payload : lookUp(write.payloads, String(value));
  if (template === undefined) return READING_CODES.unknownState;
  const filled = fill(template, sent);
  const bytes = Buffer.from(typeof filled === 'string' ? filled : JSON.stringify(filled));
  if (bytes.length > LONGEST_PAYLOAD) return READING_CODES.outOfRange;
  return { topic, payload: bytes, withinMs: write.within, reports: write.reports };
}

/** In the point's own unit, or a state's name. */
function sentFor(point: Point, value: number | string): number | string | { readonly code: string } {
  if (point.states !== undefined) {
    return Object.values(point.states).includes(String(value)) ? String(value) : { code: READING_CODES.unknownState };
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return { code: READING_CODES.notANumber };
  const { factor, offset } = point.convert;
  const own = Number(((value - offset) / factor).toPrecision(DIGITS));
  const isWithin = point.range === undefined || (own >= point.range[0] && own <= point.range[1]);
  return isWithin ? own : { code: READING_CODES.outOfRange };
}

const lookUp = (record: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined;

/** `{value}` alone stands for the value as it is; within a text for its letters. */
function fill(template: unknown, value: number | string): unknown {
  if (typeof template === 'string') return template === VALUE ? value : template.replaceAll(VALUE, () => String(value));
  if (Array.isArray(template)) return template.map((each) => fill(each, value));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, each]) => [key, fill(each, value)]));
}
