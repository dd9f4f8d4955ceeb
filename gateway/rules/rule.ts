import { z } from 'zod';
import { DURATION, parseDuration } from '#kit/duration.ts';
import { LEVELS } from './finding.ts';

const duration = z
  .string()
  .regex(DURATION, 'a number and a unit of ms s min h d, such as 20min')
  .transform(parseDuration);
const share = z
  .string()
  .regex(/^\d+(\.\d+)?%$/, 'a share such as 75%')
  .transform((text) => Number.parseFloat(text) / 100)
  .refine((value) => value <= 1, 'at most 100%');
const date = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'a date such as 2026-01-01')
  .refine((text) => new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true, 'no such date');
const id = z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, 'small letters, digits, dots and hyphens');
const oneOrMore = z.union([z.string(), z.array(z.string()).min(1)]);

/** What a rule or a permit applies to: every point that matches all that is named. */
export const selector = z
  .strictObject({
    quantity: oneOrMore.optional(),
    scene: oneOrMore.optional(),
    device: oneOrMore.optional(),
    point: oneOrMore.optional(),
    tag: oneOrMore.optional(),
    grid: oneOrMore.optional(),
    /** What the register has beside the device: `{ kitchen: large }`. */
    register: z.record(z.string(), oneOrMore).optional(),
  })
  .refine(
    (on) => Object.keys(on).length > 0,
    'names nothing: give one of quantity, scene, device, point, tag, grid, register',
  );
export type Selector = z.output<typeof selector>;

const LIMITS = ['above', 'atLeast', 'below', 'atMost', 'outside'] as const;
const limitFields = {
  above: z.number().optional(),
  atLeast: z.number().optional(),
  below: z.number().optional(),
  atMost: z.number().optional(),
  outside: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low < high, 'the lower limit comes first')
    .optional(),
};
const stateNames = z.array(z.string()).min(1);
const named = (value: object, names: readonly string[]) => names.filter((name) => name in value).length === 1;

/** One limit: `{ above: 55 }`, `{ outside: [-5, 60] }`. */
const limit = z
  .strictObject(limitFields)
  .refine((value) => named(value, LIMITS), `give exactly one of ${LIMITS.join(', ')}`);
export type Limit = z.output<typeof limit>;

const conditionFields = {
  quantity: z.string(),
  ...limitFields,
  is: z.union([z.string().transform((name) => [name]), stateNames]).optional(),
};
const oneCondition = (value: object) => named(value, [...LIMITS, 'is']);
const CONDITIONS = `give exactly one of ${LIMITS.join(', ')}, is`;

/** A condition of `together`: on a quantity of the same device, a limit or a state. */
const condition = z.strictObject(conditionFields).refine(oneCondition, CONDITIONS);
export type Condition = z.output<typeof condition>;

/** A condition of `while`: on the same device, on another one, or on the first of a grid (`near: grid`: of the same grid). */
const whileCondition = z
  .strictObject({
    ...conditionFields,
    device: z.string().optional(),
    near: z.string().optional(),
    /** Left out where the site has no such point. */
    optional: z.boolean().default(false),
  })
  .refine(oneCondition, CONDITIONS)
  .refine(({ device, near }) => device === undefined || near === undefined, 'give device or near, not both');

/** What must be true for a rule to be in force, or for a reading to count. */
const whileRule = z.union([
  z.strictObject({ all: z.array(whileCondition).min(1) }),
  z.strictObject({ any: z.array(whileCondition).min(1) }),
]);
export type WhileRule = z.output<typeof whileRule>;

const levelsOf = <T extends z.ZodType>(each: T) =>
  z
    .strictObject({
      blue: each.optional(),
      yellow: each.optional(),
      orange: each.optional(),
      red: each.optional(),
    } satisfies Record<(typeof LEVELS)[number], unknown>)
    .refine((levels) => Object.keys(levels).length > 0, `name at least one of ${LEVELS.join(', ')}`);

const over = duration.refine((ms) => ms > 0, 'longer than nothing');
const windowed = { over, coverage: share.prefault('75%') };

/** Less what the point itself has shown in its quietest hours. */
const fromBackground = z.literal('background').optional();

/** What is computed of a point's readings before it is held against the limits (RULES.md, section 2). */
const measure = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('value') }),
  z.strictObject({ kind: z.enum(['min', 'max', 'rate', 'delta']), ...windowed }),
  z.strictObject({ kind: z.enum(['mean', 'leq']), ...windowed, from: fromBackground }),
  /** Minutes until the next of these levels is reached at the present slope, where that is more than `rising` a minute. */
  z.strictObject({
    kind: z.literal('time-to'),
    at: z
      .union([z.number().transform((level) => [level]), z.array(z.number()).min(1)])
      .transform((levels) => levels.toSorted((a, b) => a - b)),
    rising: z.number().min(0).default(0),
    ...windowed,
  }),
  /** Days until the certificate of the device has run out. */
  z.strictObject({ kind: z.literal('certificate') }),
  /** From the gravity vector that the device was put in with. */
  z.strictObject({ kind: z.literal('angle'), from: z.literal('background') }),
  z.strictObject({
    kind: z.literal('percentile'),
    p: z.number().gt(0).lte(100),
    ...windowed,
    from: fromBackground,
  }),
]);
export type Measure = z.output<typeof measure>;

const level = z.enum(LEVELS);

/** What outputs are to be while the alarm stands: the value from a level on, until a higher one says otherwise. */
const outputUse = z
  .strictObject({
    output: z.union([id.transform((one) => [one]), z.array(id).min(1)]),
    levels: levelsOf(z.union([z.string().min(1), z.number()])),
    /** `acknowledged`: only until somebody has seen it. */
    until: z.enum(['returned', 'acknowledged']).default('returned'),
    /** At most so long from each rise on. */
    for: over.optional(),
  })
  .transform(({ output, levels, until, for: forMs }) => ({ outputs: output, levels, until, forMs: forMs ?? null }));
const clearFor = duration.prefault('0s');

const common = {
  id,
  title: z.strictObject({ zh: z.string().min(1), en: z.string().min(1) }),
  on: selector,
  basis: z.string().optional(),
  legal: z.boolean().default(false),
  legalLimit: z.number().optional(),
  effective: z
    .strictObject({ from: date.optional(), to: date.optional() })
    .refine(({ from, to }) => from === undefined || to === undefined || from <= to, 'ends before it begins')
    .optional(),
  /** A named window of the site. */
  during: z.string().optional(),
  /** What must be true for the rule to be in force. */
  while: whileRule.optional(),
  /** A granted permit caps the level; or the rule is in force only while none covers: there was none, or it is over. */
  permit: z
    .union([
      z.strictObject({ kind: z.string(), cap: level }),
      z.strictObject({ kind: z.string(), when: z.enum(['absent', 'ended']) }),
    ])
    .optional(),
  hold: duration.prefault('0s'),
  /** The response plan. */
  respond: z.string().optional(),
  outputs: z.array(outputUse).min(1).optional(),
  /** Stays active until a person resets it, also when its cause is gone (锁定). */
  latched: z.boolean().optional(),
  /** While an alarm of one of these rules is active on the same device, on its link or on the gateway, this one is suppressed. */
  suppressedBy: z.union([id.transform((rule) => [rule]), z.array(id).min(1)]).optional(),
};

const clearBy = z.strictObject({ by: z.number().min(0).default(0), for: clearFor }).prefault({});
const clearWithoutBy = z.strictObject({ for: clearFor }).prefault({});

const limitRule = z.strictObject({
  ...common,
  kind: z.literal('limit'),
  measure: measure.prefault({ kind: 'value' }),
  levels: levelsOf(limit),
  clear: clearBy,
});
const stateRule = z.strictObject({
  ...common,
  kind: z.literal('state'),
  levels: levelsOf(z.strictObject({ is: stateNames })),
  clear: clearWithoutBy,
});
const qualityRule = z.strictObject({
  ...common,
  kind: z.literal('quality'),
  levels: levelsOf(z.strictObject({ is: stateNames })),
  clear: clearWithoutBy,
});
const silentRule = z.strictObject({
  ...common,
  kind: z.literal('silent'),
  after: over,
  level,
  clear: clearWithoutBy,
});
const stuckRule = z.strictObject({
  ...common,
  kind: z.literal('stuck'),
  after: over,
  /** How far apart the values may lie, in the quantity's unit. */
  within: z.number().min(0).default(0),
  level,
  clear: clearWithoutBy,
});
const togetherRule = z.strictObject({
  ...common,
  kind: z.literal('together'),
  when: z.union([
    z.strictObject({ all: z.array(condition).min(1) }),
    z.strictObject({ any: z.array(condition).min(1) }),
  ]),
  level,
  clear: clearWithoutBy,
});

/** A rule as a site's files write it. `kind` may be left out: it is then `limit`. */
export const rule = z.preprocess(
  (value) => (typeof value === 'object' && value !== null && !('kind' in value) ? { kind: 'limit', ...value } : value),
  z
    .discriminatedUnion('kind', [limitRule, stateRule, qualityRule, silentRule, stuckRule, togetherRule])
    .refine(({ permit, during }) => permit === undefined || 'cap' in permit || during !== undefined, {
      message: 'permit.when asks of an opening: give the rule its window',
      path: ['during'],
    }),
);
export type Rule = z.output<typeof rule>;

const DAY_MS = 86_400_000;
const STATISTICS = ['leq', 'mean', 'l5', 'l10', 'l50', 'l90', 'l95', 'max', 'min', 'valid', 'ldn'] as const;

/** Points that are computed of others, period by period (docs/site.md, derived points). */
export const derive = z.strictObject({
  on: selector,
  /** Durations that divide a day, from local midnight on, and windows of the site. */
  per: z
    .array(
      z
        .string()
        .transform((text) => (DURATION.test(text) ? parseDuration(text) : text))
        .refine(
          (per) => typeof per === 'string' || (per >= 60_000 && DAY_MS % per === 0),
          'a duration from 1min on that divides a day, such as 1h, or the name of a window',
        ),
    )
    .min(1),
  /** All that the quantity has, where it is left out. */
  values: z.array(z.enum(STATISTICS)).min(1).optional(),
  coverage: share.prefault('75%'),
  while: whileRule.optional(),
});
