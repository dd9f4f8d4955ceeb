import type { Qualified } from '../point.ts';
import { READING_CODES } from '../reading.ts';
import type { ModbusPoint } from './plan.ts';
import type { Register } from './register.ts';

/** How a raw value of one point is to be read, as its device says at present: `value × scale × factor + offset`. */
export interface Scale {
  readonly scale: number;
  readonly factor: number;
  readonly offset: number;
}

/** A device's own word holds so long, ms; after one that could not be had it is asked again sooner. */
const HOLDS_MS = 600_000;
const AGAIN_MS = 10_000;

/** Codes of points whose device says of itself what cannot be. */
const BAD_DECIMALS = 'bad-decimals';
const UNKNOWN_UNIT = 'unknown-unit';

type Cell = NonNullable<Register['unit']>;

/**
 * The registers of one device in which it says of others with how many decimals and in what unit they are. Someone with
 * a hand-held terminal may have set them otherwise, so they are read at the start, now and then, and whenever the
 * device comes back. Pure: values and times are handed in.
 */
export class OwnScale {
  /** The registers themselves, as points of numbers. */
  readonly cells: readonly ModbusPoint[];
  readonly #points: readonly ModbusPoint[];
  readonly #scales = new Map<ModbusPoint, Scale | string>();
  #askAgainAt = Number.NEGATIVE_INFINITY;

  constructor(points: readonly ModbusPoint[]) {
    this.#points = points.filter(({ source: { register } }) => (register.decimals ?? register.unit) !== undefined);
    const cells = new Map<string, ModbusPoint>();
    for (const point of this.#points) {
      const { decimals, unit } = point.source.register;
      for (const cell of [decimals, unit]) if (cell !== undefined) cells.set(nameOf(cell), makeCell(point, cell));
      this.#scales.set(point, READING_CODES.noValue);
    }
    this.cells = [...cells.values()];
  }

  isStale(tick: number): boolean {
    return tick >= this.#askAgainAt;
  }

  /** The device was away, or the link: it is asked again. */
  doubt(): void {
    this.#askAgainAt = Number.NEGATIVE_INFINITY;
  }

  /** What the device said of its cells, or why it said nothing, in the order of `cells`. */
  take(cells: readonly ModbusPoint[], values: readonly Qualified[], tick: number): void {
    const said = new Map(cells.map((cell, index) => [cell.id, values[index]]));
    let isWhole = true;
    for (const point of this.#points) {
      const scale = scaleOf(point, said);
      if (typeof scale === 'string') isWhole = false;
      this.#scales.set(point, scale);
    }
    this.#askAgainAt = tick + (isWhole ? HOLDS_MS : AGAIN_MS);
  }

  /** Undefined for a point of which the device says nothing; a code where what it says cannot be used. */
  of(point: ModbusPoint): Scale | string | undefined {
    return this.#scales.get(point);
  }
}

const nameOf = ({ table, address }: Cell): string => `${table}-${address}`;

const makeCell = ({ device }: ModbusPoint, cell: Cell): ModbusPoint => ({
  key: `${device}/${nameOf(cell)}`,
  device,
  id: nameOf(cell),
  quantity: 'x.own-scale',
  everyMs: HOLDS_MS,
  convert: { factor: 1, offset: 0 },
  source: { register: { table: cell.table, address: cell.address, type: 'u16', order: 'ABCD', scale: 1, offset: 0 } },
});

function scaleOf(point: ModbusPoint, said: ReadonlyMap<string, Qualified | undefined>): Scale | string {
  const { decimals, unit } = point.source.register;
  let scale = 1;
  if (decimals !== undefined) {
    const count = said.get(nameOf(decimals));
    if (typeof count?.value !== 'number') return count?.code ?? READING_CODES.noValue;
    if (count.value > decimals.most) return BAD_DECIMALS;
    scale = 1 / 10 ** count.value;
  }
  if (unit === undefined) return { scale, factor: 1, offset: 0 };
  const code = said.get(nameOf(unit));
  if (typeof code?.value !== 'number') return code?.code ?? READING_CODES.noValue;
  const units = point.units ?? {};
  const convert = Object.hasOwn(units, code.value) ? units[code.value] : undefined;
  return convert === undefined ? UNKNOWN_UNIT : { scale, ...convert };
}
