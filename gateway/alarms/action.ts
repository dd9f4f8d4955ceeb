import { z } from 'zod';
import type { Alarm } from './alarm.ts';

const text = z.string().trim().min(1).max(1000);
const who = z.string().min(1).max(200);
const note = text.optional();
const ms = z
  .number()
  .int()
  .positive()
  .max(366 * 86_400_000);

/** The alarm's id, or its key `rule@device/point` for the one that is open; `by`: who asks. */
const onAlarm = { alarm: z.string().min(1), by: who, note };

/** What an alarm turned out to be (研判结论). */
export const VERDICTS = ['true', 'false', 'test', 'fault', 'duplicate'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** A picture or a place that goes with a step at the spot. */
const evidence = {
  /** Longitude, latitude in WGS 84. */
  at: z.tuple([z.number(), z.number()]).optional(),
  /** Name of a picture that was handed in. */
  photo: z.string().max(200).optional(),
};

/**
 * What a person or an upstream asks: the one noun that flows backwards. Which of them an alarm admits is said by its
 * life (lifecycle.ts) and its response (response.ts).
 */
export const action = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('acknowledge'), ...onAlarm }),
  z.strictObject({ kind: z.literal('note'), ...onAlarm, note: text }),
  /** A latched alarm whose cause is gone is let go. */
  z.strictObject({ kind: z.literal('reset'), ...onAlarm }),

  /** Not announced for a time, or until it has returned once (`once`); for a key without an open alarm as well. */
  z.strictObject({
    kind: z.literal('shelve'),
    ...onAlarm,
    note: text,
    forMs: ms.optional(),
    once: z.boolean().default(false),
  }),
  z.strictObject({ kind: z.literal('unshelve'), ...onAlarm }),
  /** A device, or one of its points (`device/point`), is being worked on: named with who owns that, and its end. */
  z.strictObject({
    kind: z.literal('out-of-service'),
    on: z.string().min(1),
    by: who,
    owner: who,
    note: text,
    forMs: ms.optional(),
  }),
  z.strictObject({ kind: z.literal('in-service'), on: z.string().min(1), by: who, note }),
  /** A device is opened or worked on under an order (授权开启): what it raises meanwhile is suppressed; ends by itself. */
  z.strictObject({
    kind: z.literal('work-order'),
    on: z.string().min(1),
    by: who,
    order: z.string().min(1).max(100),
    forMs: ms,
    note,
  }),
  z.strictObject({ kind: z.literal('end-work-order'), on: z.string().min(1), by: who, note }),

  /** The response (处置): each step against its time. */
  z.strictObject({ kind: z.literal('dispatch'), ...onAlarm, to: who }),
  z.strictObject({ kind: z.literal('accept'), ...onAlarm }),
  z.strictObject({ kind: z.literal('refuse'), ...onAlarm, note: text }),
  z.strictObject({ kind: z.literal('arrive'), ...onAlarm, ...evidence }),
  z.strictObject({ kind: z.literal('resolve'), ...onAlarm, ...evidence }),
  z.strictObject({ kind: z.literal('verify'), ...onAlarm, passed: z.boolean() }),
  z.strictObject({ kind: z.literal('verdict'), ...onAlarm, verdict: z.enum(VERDICTS) }),
  /** The clock of the response stands still (延期, 挂账), with a reason and an end. */
  z.strictObject({ kind: z.literal('pause'), ...onAlarm, note: text, forMs: ms }),
  z.strictObject({ kind: z.literal('resume'), ...onAlarm }),
]);
export type Action = z.output<typeof action>;

/** Actions that are on one alarm, open or at least known by its key. */
export type AlarmAction = Extract<Action, { readonly alarm: string }>;
/** Steps of the response. */
export const RESPONSE_ACTIONS = [
  'dispatch',
  'accept',
  'refuse',
  'arrive',
  'resolve',
  'verify',
  'verdict',
  'pause',
  'resume',
] as const;
export type ResponseAction = Extract<Action, { readonly kind: (typeof RESPONSE_ACTIONS)[number] }>;

/** Why an action was not taken. */
export const REFUSALS = [
  'no-such-alarm',
  'closed',
  'not-durable',
  /** Smoke is never shelved or suppressed by maintenance (RULES.md, section 5). */
  'never-shelved',
  /** Longer than the site allows. */
  'too-long',
  /** The alarm is not at a step from which this one can be taken. */
  'wrong-step',
  /** Whom or what it names is not there. */
  'unknown',
  /** As many stand already as may. */
  'too-many',
] as const;

/** The answer to an action. `done` is said only after it is durable. */
export type Receipt =
  /** `alarm`: the one that it is on; null where it is on a device, or on a key without an open alarm. */
  | { readonly status: 'done'; readonly alarm: Alarm | null }
  /** It was so already; nothing was written. */
  | { readonly status: 'unchanged'; readonly alarm: Alarm | null }
  | { readonly status: 'refused'; readonly code: (typeof REFUSALS)[number]; readonly message: string };
