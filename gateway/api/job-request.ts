import { z } from 'zod';

const unit = z.int().min(0).max(255);
const link = z.string().min(1).max(200);
const timeoutMs = z.number().min(5).max(10_000).optional();

/** What an installer may ask of a link, through the door and the API alike. */
export const jobRequest = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('scan'),
    link,
    bauds: z.array(z.int().min(300).max(4_000_000)).min(1).max(16).optional(),
    parities: z
      .array(z.enum(['none', 'even', 'odd']))
      .min(1)
      .max(3)
      .optional(),
    units: z.array(unit).min(1).max(256).optional(),
    isFast: z.boolean().default(false),
    timeoutMs,
  }),
  z.strictObject({
    kind: z.literal('scan-subnet'),
    subnet: z.string().max(20).describe('Such as 10.0.0.0/28, at most a /22'),
    port: z.int().min(1).max(65_535).default(502),
  }),
  z.strictObject({ kind: z.literal('read'), device: z.string().max(200), point: z.string().max(200).optional() }),
  z.strictObject({
    kind: z.literal('read-raw'),
    link,
    unit,
    table: z.enum(['holding', 'input', 'coil', 'discrete']).default('holding'),
    address: z.int().min(0).max(0xffff),
    count: z.int().min(1).max(125).default(1),
    timeoutMs,
  }),
  z.strictObject({ kind: z.literal('wiring'), link, unit }),
  z.strictObject({ kind: z.literal('listen'), link }),
]);
export type JobRequest = z.output<typeof jobRequest>;
/** As it is written: what has a default may be left out. */
export type JobWish = z.input<typeof jobRequest>;
