import { z } from 'zod';
import { ORDERS, TYPES, type ValueType } from './decode.ts';
import { isBitTable, TABLES, type Table, WRITE_CODES, type WriteCode } from './pdu.ts';
import { widthOf } from './width.ts';

const address = z.int().min(0).max(0xffff);
const typeNames = Object.keys(TYPES) as [ValueType, ...ValueType[]];

/** One register that says how others are to be read. */
const cell = z.strictObject({ table: z.enum(['holding', 'input']).default('holding'), address });

const writeCode = z.literal(WRITE_CODES);
const write = z
  .union([
    writeCode,
    z.strictObject({
      code: writeCode,
      /** Where it is written, if elsewhere than it is read: then in the table of the function. */
      address: address.optional(),
      /** It does something each time it is written (a toggle, a step): never repeated when its fate is unknown. */
      once: z.boolean().default(false),
      /** False: it cannot be read at all. It is not polled, and a write is done when the device confirms it. */
      readBack: z.boolean().default(true),
    }),
  ])
  .transform((value) => (typeof value === 'number' ? { code: value, once: false, readBack: true } : value));

/** Where a point's value stands in its device. */
export const register = z
  .strictObject({
    table: z.enum(TABLES),
    address,
    type: z.enum(typeNames),
    order: z.enum(ORDERS).default('ABCD'),
    scale: z
      .number()
      .refine((scale) => scale !== 0, 'must not be 0')
      .default(1),
    offset: z.number().default(0),
    bit: z.int().min(0).max(15).optional(),
    /** The register that says how many decimals the value has, 0 to `most`. */
    decimals: cell.extend({ most: z.int().min(1).max(9).default(3) }).optional(),
    /** The register whose codes are the keys of the point's `units`. */
    unit: cell.optional(),
    write: write.optional(),
  })
  .superRefine((value, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const bits = isBitTable(value.table);
    if (bits && value.type !== 'bit') wrong('type', `a ${value.table} is of type bit`);
    if (bits && value.bit !== undefined) wrong('bit', `a ${value.table} is one bit by itself`);
    if (!bits && value.type === 'bit' && value.bit === undefined)
      wrong('type', 'a bit of a register needs bit: 0 to 15');
    if (value.type !== 'bit' && value.bit !== undefined) wrong('bit', 'only for type bit');
    if (value.type === 'bit' && value.decimals !== undefined) wrong('decimals', 'a bit has none');
    if (value.type === 'bit' && value.unit !== undefined) wrong('unit', 'a bit has none');
    const why = value.write === undefined ? undefined : whyNotWritten(value, value.write);
    if (why !== undefined) wrong('write', why);
  });

export type Register = z.output<typeof register>;
export type Write = NonNullable<Register['write']>;

/** The table that a function writes to. */
const writtenTable = (code: WriteCode): Table => (code === 5 || code === 15 ? 'coil' : 'holding');

function whyNotWritten(value: Pick<Register, 'table' | 'type'>, write: Write): string | undefined {
  const table = writtenTable(write.code);
  if (value.table !== table && write.address === undefined) {
    return `function ${write.code} writes a ${table}: give the address to write to, since the point is read as ${value.table}`;
  }
  if (table === 'coil') return value.type === 'bit' ? undefined : `function ${write.code} writes bits`;
  if (value.type === 'bit' && !isBitTable(value.table)) return 'a bit of a register cannot be written by itself';
  return write.code === 6 && widthOf(value) > 1 ? `${value.type} takes ${widthOf(value)} registers: use 16` : undefined;
}
