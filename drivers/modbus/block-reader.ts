import type { Qualified } from '../point.ts';
import { READING_CODES } from '../reading.ts';
import { divisorOf, placeOf } from './decode.ts';
import type { OwnScale } from './own-scale.ts';
import { isBitTable } from './pdu.ts';
import type { Block, ModbusPoint } from './plan.ts';
import { readValue } from './values.ts';

/** What was read of a point: a number that is good, or whatever else is to be said. */
export type Value = number | Qualified;

/** Where a point is one register and nothing but a number: 16 bits without a sign, or with one. */
const SIGNED = 2;
const UNSIGNED = 1;
const OTHER = 0;

/**
 * Reads the values of one block. This is done for every value, so what is to be known of plain registers stands in
 * rows side by side and nothing is looked up; all other points are read by `readValue`, which says the same of these.
 */
export class BlockReader {
  readonly #block: Block;
  readonly #kinds: Uint8Array;
  readonly #highBytes: Uint16Array;
  readonly #lowBytes: Uint16Array;
  readonly #divisors: Float64Array;
  readonly #scales: Float64Array;
  readonly #offsets: Float64Array;
  readonly #factors: Float64Array;
  readonly #shifts: Float64Array;
  readonly #least: Float64Array;
  readonly #most: Float64Array;
  readonly #invalid: Float64Array;

  constructor(block: Block) {
    const { points, request } = block;
    const registers = points.map(({ source }) => source.register);
    const divisors = registers.map(({ scale }) => divisorOf(scale));
    const at = (index: number) =>
      points.map(({ source: { register } }) => {
        return 2 * (register.address - request.address) + placeOf(index, 2, register.order);
      });
    this.#block = block;
    this.#kinds = Uint8Array.from(points, kindOf);
    this.#highBytes = Uint16Array.from(at(0));
    this.#lowBytes = Uint16Array.from(at(1));
    this.#divisors = Float64Array.from(divisors, (divisor) => divisor ?? 1);
    this.#scales = Float64Array.from(registers, ({ scale }, i) => (divisors[i] === undefined ? scale : 1));
    this.#offsets = Float64Array.from(registers, ({ offset }) => offset);
    this.#factors = Float64Array.from(points, ({ convert }) => convert.factor);
    this.#shifts = Float64Array.from(points, ({ convert }) => convert.offset);
    this.#least = Float64Array.from(points, ({ range }) => range?.[0] ?? Number.NEGATIVE_INFINITY);
    this.#most = Float64Array.from(points, ({ range }) => range?.[1] ?? Number.POSITIVE_INFINITY);
    this.#invalid = Float64Array.from(points, ({ invalid }) => invalid?.[0] ?? Number.NaN);
  }

  /** Appends what the data of a right reply says of each point, in order. */
  read(data: Uint8Array, values: Value[], own?: OwnScale): void {
    const kinds = this.#kinds;
    for (let i = 0; i < kinds.length; i++) {
      if (kinds[i] === OTHER) {
        this.#readOther(i, data, values, own);
        continue;
      }
      const word = ((data[at(this.#highBytes, i)] ?? 0) << 8) | (data[at(this.#lowBytes, i)] ?? 0);
      const raw = kinds[i] === SIGNED ? (word << 16) >> 16 : word;
      const scaled = (raw / at(this.#divisors, i)) * at(this.#scales, i) + at(this.#offsets, i);
      const value = scaled * at(this.#factors, i) + at(this.#shifts, i);
      if (raw === this.#invalid[i]) values.push(NO_VALUE);
      else if (scaled < at(this.#least, i) || scaled > at(this.#most, i)) values.push(outOfRange(value));
      else values.push(value);
    }
  }

  #readOther(index: number, data: Uint8Array, values: Value[], own: OwnScale | undefined): void {
    const point = this.#block.points[index];
    if (point === undefined) return;
    values.push(readValue(point, data, point.source.register.address - this.#block.request.address, own));
  }
}

/** The rows are as long as the block has points. */
const at = (row: Float64Array | Uint16Array, index: number): number => row[index] ?? 0;

const NO_VALUE: Qualified = { value: null, quality: 'bad', code: READING_CODES.noValue };
const outOfRange = (value: number): Qualified => ({ value, quality: 'bad', code: READING_CODES.outOfRange });

function kindOf({ source: { register }, states, invalid }: ModbusPoint): number {
  const { table, type, decimals, unit } = register;
  const isPlain = states === undefined && (invalid?.length ?? 0) <= 1 && decimals === undefined && unit === undefined;
  if (isBitTable(table) || !isPlain) return OTHER;
  return type === 'u16' ? UNSIGNED : type === 's16' ? SIGNED : OTHER;
}
