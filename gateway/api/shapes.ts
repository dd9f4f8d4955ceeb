import { z } from 'zod';
import { VERDICTS } from '../alarms/action.ts';
import { RESPONSE_STAGES } from '../alarms/response.ts';
import { RESPONSE_STEPS } from '../alarms/response-plan.ts';
import { ROLES } from '../ledger/accounts.ts';
import { LEVELS } from '../rules/finding.ts';
import { PASSWORD_LENGTH } from './password.ts';

/** What the OpenAPI document lists by name. A registry of our own: other steps' schemas must not get into it. */
export const components = z.registry<{ id: string }>();

const named = <S extends z.ZodType>(id: string, shape: S): S => {
  components.add(shape, { id });
  return shape;
};

const value = z.union([z.number(), z.string()]).nullable();
const at = z.number().describe('UTC, milliseconds');
export const atShape = at;
const quality = z.enum(['good', 'uncertain', 'bad']);

export const roleShape = named('Role', z.enum(ROLES));
export const levelShape = named('Level', z.enum(LEVELS));

/** Letters and digits of any script, and `. _ @ -` within. */
export const nameShape = named(
  'Name',
  z
    .string()
    .normalize('NFC')
    .regex(
      /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u,
      'letters, digits and . _ @ - only, at most 64, first a letter or digit',
    ),
);

export const passwordShape = named(
  'NewPassword',
  z.string().min(PASSWORD_LENGTH.least).max(PASSWORD_LENGTH.most).describe('Taken as it is typed, in Unicode NFC'),
);

/** What someone types who says that they have a password: judged by the account, not by its form. */
export const typedShape = z.string().min(1).max(PASSWORD_LENGTH.most);

export const noteShape = z.string().trim().min(1).max(1000);

export const personShape = named('Person', z.object({ name: z.string(), role: roleShape }));

const placeShape = named(
  'Place',
  z.object({
    grid: z.string().nullable(),
    at: z.tuple([z.number(), z.number()]).readonly().nullable().describe('Longitude, latitude in WGS 84'),
  }),
);

const permitShape = z
  .object({ id: z.string(), status: z.enum(['applied', 'granted', 'refused', 'revoked', 'withdrawn', 'expired']) })
  .nullable();

const filingShape = named(
  'Permit',
  z.object({
    id: z.string().describe('Its number'),
    kind: z.string(),
    on: z.looseObject({}).describe('device, grid, scene, tag … that it is for'),
    from: z.string().describe('The first instant, or the first date'),
    to: z.string().describe('The instant after the last, or the last date'),
    hours: z.string().optional().describe('Only these hours of each day, such as 22:00-02:00'),
    processes: z.array(z.string()),
    status: z.enum(['applied', 'granted', 'refused', 'revoked', 'withdrawn', 'expired']),
    reason: z.enum(['continuous-process', 'special-need', 'emergency-repair']).optional(),
    notice: z
      .object({ from: z.string().optional(), link: z.string().optional() })
      .optional()
      .describe('The public notice'),
    evidence: z.string().optional(),
    note: z.string().optional(),
  }),
);

export const permitEntryShape = named(
  'PermitEntry',
  z.object({
    permit: filingShape,
    revision: z.number().describe('Counts its changes; 0 of one that stands in the site’s files'),
    source: z.enum(['site', 'api', 'csv', 'command', 'upstream']),
    by: z.string().nullable(),
    at: at.nullable(),
    covers: z.boolean().describe('It is granted and covers this instant'),
    differs: filingShape.nullable().describe('What the site’s files say under the same number: it does not count'),
  }),
);

const stepShape = z.enum(RESPONSE_STEPS);
const responseShape = named(
  'Response',
  z.object({
    plan: z.string(),
    level: levelShape.describe('The highest since it was begun'),
    stage: z.enum(RESPONSE_STAGES),
    to: z.string().nullable(),
    firstTier: z.number(),
    clocks: z
      .array(z.object({ step: stepShape, dueAt: at.nullable(), tier: z.number() }))
      .readonly()
      .describe('What is waited for'),
    paused: z.object({ untilAt: at }).nullable(),
    done: z.partialRecord(stepShape, at).describe('When each step was last done'),
  }),
);

export const alarmShape = named(
  'Alarm',
  z.object({
    id: z.string().describe('UUIDv7'),
    state: z.enum(['UNACK', 'ACKED', 'RTNUN', 'NORM']).describe('ISA-18.2 / IEC 62682'),
    watch: z.object({
      key: z.string().describe('rule@device/point'),
      rule: z.string(),
      device: z.string(),
      deviceName: z.string(),
      point: z.string(),
      quantity: z.string(),
      unit: z.string().nullable(),
      scene: z.string().nullable(),
      place: placeShape,
      title: z.object({ zh: z.string(), en: z.string() }),
      basis: z.string().nullable(),
      legalLimit: z.number().nullable(),
      permitKind: z.string().nullable(),
      measure: z.string(),
      link: z.string().optional(),
      respond: z.string().optional().describe('The response plan'),
      latched: z.boolean().optional().describe('Stays active until it is reset'),
      suppressedBy: z.array(z.string()).readonly().optional().describe('Rules'),
      vital: z.boolean().optional().describe('Of smoke or gas: nothing keeps it from people'),
    }),
    condition: z.enum(['active', 'normal']),
    level: levelShape.nullable(),
    acknowledged: z.boolean(),
    raisedAt: at,
    changedAt: at,
    returnedAt: at.nullable(),
    acknowledgedAt: at.nullable(),
    acknowledgedBy: z.string().nullable(),
    closedAt: at.nullable(),
    value,
    limit: z.number().nullable(),
    coverage: z.number().nullable(),
    window: z.object({ name: z.string(), date: z.string() }).nullable(),
    permit: permitShape,
    follows: z.string().nullable(),
    exercise: z.enum(['drill', 'test']).optional(),
    announced: z
      .object({
        shelved: z.object({ until: at, once: z.boolean(), by: z.string() }).nullable(),
        suppressedBy: z.string().nullable(),
        outOfService: z.object({ owner: z.string(), until: at.nullable() }).nullable(),
      })
      .optional()
      .describe('Why nobody is called for it; left out where they are'),
    response: responseShape.optional().describe('What people owe it, and have done'),
    verdict: z.enum(VERDICTS).optional(),
    incident: z.string().optional(),
    causeGoneAt: at.optional().describe('Of a latched one that waits for its reset'),
    staleAt: at.optional().describe('Since when it has been active for too long'),
  }),
);

/** A CloudEvents 1.0 entry of the log; `data` is by its type. */
export const eventShape = named(
  'Event',
  z.object({
    specversion: z.string(),
    id: z.string(),
    source: z.string(),
    type: z.string(),
    subject: z.string(),
    time: z.string(),
    datacontenttype: z.string(),
    sequence: z.string(),
    data: z.looseObject({}),
  }),
);
export type Event = z.output<typeof eventShape>;

const readingShape = named(
  'Reading',
  z.object({
    point: z.string(),
    value,
    at,
    tick: z.number(),
    quality,
    code: z.string().optional(),
    deviceAt: at.optional(),
  }),
);

export const pointShape = named(
  'Point',
  z.object({
    key: z.string().describe('device/point'),
    device: z.string(),
    deviceName: z.string(),
    id: z.string(),
    quantity: z.string(),
    unit: z.string().nullable(),
    scene: z.string().nullable(),
    place: placeShape,
    link: z.string(),
    everyMs: z.number(),
    last: readingShape.nullable(),
  }),
);

export const outputShape = named(
  'Output',
  z.object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(['siren', 'beacon', 'board', 'pump', 'barrier', 'relay']),
    point: z.string().describe('device/point'),
    values: z
      .array(z.union([z.string(), z.number()]))
      .readonly()
      .describe('All that it may be'),
    safe: z.union([z.string(), z.number()]),
    silence: z.enum(['duty', 'admin', 'nobody']).describe('Who may put it to safe while an alarm stands'),
    wanted: z.union([z.string(), z.number()]),
    is: value.describe('What the world has shown last; null: not known yet'),
    state: z.enum(['starting', 'safe', 'on', 'failed']),
    code: z.string().nullable().describe('Why it does not follow'),
    alarm: z.string().nullable().describe('Key of the alarm that wants it so'),
    by: z.string().nullable().describe('Who has set it by hand'),
    until: at.nullable(),
    failures: z.number().describe('Since the start'),
  }),
);

export const deviceShape = named(
  'Device',
  z.object({
    id: z.string(),
    name: z.string(),
    profile: z.string(),
    link: z.string(),
    protocol: z.string(),
    address: z.record(z.string(), z.union([z.string(), z.number()])).describe('By what it is found on its link'),
    scene: z.string().nullable(),
    place: placeShape,
    asset: z.looseObject({}).nullable().describe('Its entry in the register (设备台账)'),
    points: z.array(z.string()).readonly(),
  }),
);

export const seriesShape = named(
  'Series',
  z.object({
    point: z.string(),
    at: z.array(at).readonly(),
    value: z.array(value).readonly(),
    quality: z.array(quality).readonly(),
  }),
);

export const answerShape = named(
  'Answer',
  z.object({
    rule: z.string(),
    point: z.string(),
    answer: z.enum([...LEVELS, 'normal', 'not-evaluable', 'not-in-force']),
    code: z.string().nullable(),
    value,
    since: at,
  }),
);

export const linkShape = named(
  'Link',
  z.object({
    state: z.enum(['up', 'down', 'connecting']),
    error: z.string().optional(),
    counters: z.record(z.string(), z.number()),
    devices: z.record(
      z.string(),
      z.object({
        answers: z.boolean(),
        code: z.string().optional(),
        clock: z
          .object({
            offMs: z.number(),
            set: z.enum(['not-set', 'done', 'refused', 'failed', 'unanswered']).optional(),
          })
          .optional(),
      }),
    ),
    use: z.object({ planned: z.number(), measured: z.number() }).optional(),
    unknown: z
      .array(
        z.object({
          id: z.string(),
          from: z.string().optional(),
          firstAt: z.number(),
          lastAt: z.number(),
          count: z.number(),
          sample: z.string().optional(),
        }),
      )
      .readonly()
      .optional(),
    warnings: z.array(z.string()).readonly().optional(),
  }),
);

export const upstreamShape = named(
  'Upstream',
  z.object({
    state: z.enum(['online', 'offline', 'connecting']),
    error: z.string().optional(),
    backlog: z.number(),
    sent: z.number(),
  }),
);

export const healthShape = named('Health', z.object({ ready: z.boolean(), reasons: z.array(z.string()).readonly() }));

export const clockShape = z.enum(['synchronised', 'holding', 'unknown']);

/** RFC 9457; named in the document for every route. */
named(
  'Problem',
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    code: z.string(),
    hint: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
);

/** What an action without more to say answers. */
export const doneShape = z.object({ status: z.literal('done') });
export const DONE = { status: 'done' } as const;

/** A number in a query. */
export const countShape = (most: number, otherwise: number) =>
  z.coerce.number().int().min(1).max(most).default(otherwise);
