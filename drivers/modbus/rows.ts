import { divisorOf, placeOf } from './decode.ts';
import { isBitTable } from './pdu.ts';
import type { Block, ModbusPoint } from './plan.ts';

/** Where a point is one register and its value that number or a part of it, such as a tenth: 16 bits without a sign, or with one. */
export const SIGNED = 2;
export const UNSIGNED = 1;
export const OTHER = 0;

/** What is to be known of each point of a block to read it, by its index. */
export interface Rows {
  readonly kinds: Uint8Array;
  readonly highBytes: Uint16Array;
  readonly lowBytes: Uint16Array;
  readonly divisors: Float64Array;
  readonly least: Float64Array;
  readonly most: Float64Array;
  readonly invalid: Float64Array;
}

function rowsOf({ points, request }: Block): Rows {
  const registers = points.map(({ source }) => source.register);
  const at = (index: number) =>
    registers.map(({ address, order }) => 2 * (address - request.address) + placeOf(index, 2, order));
  return {
    kinds: Uint8Array.from(points, kindOf),
    highBytes: Uint16Array.from(at(0)),
    lowBytes: Uint16Array.from(at(1)),
    divisors: Float64Array.from(registers, ({ scale }) => divisorOf(scale) ?? 1),
    least: Float64Array.from(points, ({ range }) => range?.[0] ?? Number.NEGATIVE_INFINITY),
    most: Float64Array.from(points, ({ range }) => range?.[1] ?? Number.POSITIVE_INFINITY),
    invalid: Float64Array.from(points, ({ invalid }) => invalid?.[0] ?? Number.NaN),
  };
}

function kindOf({ source: { register }, states, invalid, convert }: ModbusPoint): number {
  const { table, type, decimals, unit, scale, offset } = register;
  const isPlain = states === undefined && (invalid?.length ?? 0) <= 1 && decimals === undefined && unit === undefined;
  const isPart = offset === 0 && (scale === 1 || divisorOf(scale) !== undefined);
  const isKept = convert.factor === 1 && convert.offset === 0;
  if (isBitTable(table) || !isPlain || !isPart || !isKept) return OTHER;
  return type === 'u16' ? UNSIGNED : type === 's16' ? SIGNED : OTHER;
}

/**
 * The rows of the blocks of one link. Devices of one model share theirs, so that they stay in the processor's caches
 * however many devices are read in turn.
 */
export class SharedRows {
  readonly #known = new Map<string, Rows>();

  of(block: Block): Rows {
    const made = rowsOf(block);
    const key = Object.values(made).map(String).join(';');
    const known = this.#known.get(key) ?? made;
    this.#known.set(key, known);
    return known;
  }
}
