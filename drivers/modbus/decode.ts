import { asMeasured } from '../point.ts';

/** How many registers a value takes. `bit` is a coil, a discrete input, or one bit of a register. */
export const TYPES = { u16: 1, s16: 1, u32: 2, s32: 2, f32: 2, u64: 4, s64: 4, f64: 4, bit: 1 } as const;
export type ValueType = keyof typeof TYPES;

/**
 * Where the bytes of a 32-bit value ABCD (A the highest) stand on the wire. For 16 and 64 bits the same two steps:
 * CDAB and DCBA turn the order of the registers, BADC and DCBA the two bytes within each.
 */
export const ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const;
export type Order = (typeof ORDERS)[number];

export interface Layout {
  readonly type: ValueType;
  readonly order: Order;
  /** 0 (lowest) to 15, for a bit of a register. */
  readonly bit?: number | undefined;
}

const scratch = new DataView(new ArrayBuffer(8));

/** The place on the wire of byte `index` (0 the highest) of a value of so many bytes. */
export function placeOf(index: number, bytes: number, order: Order): number {
  const swap = order === 'BADC' || order === 'DCBA' ? 1 : 0;
  // Registers from the far end: an even byte offset mirrored; bytes within a register: the lowest bit flipped.
  const register = order === 'CDAB' || order === 'DCBA' ? bytes - 2 - (index & ~1) : index & ~1;
  return register + ((index & 1) ^ swap);
}

/**
 * The value of the registers that begin at byte `at` of a reply's data. An integer of 64 bits beyond 2^53 is rounded
 * to the nearest number that JavaScript has (`isExact`).
 */
export function decodeRegisters(data: Uint8Array, at: number, layout: Layout): number {
  const { type, order } = layout;
  if (type === 'u16' || type === 's16' || type === 'bit') {
    const swap = order === 'BADC' || order === 'DCBA' ? 1 : 0;
    const word = ((data[at + swap] ?? 0) << 8) | (data[at + 1 - swap] ?? 0);
    return type === 'u16' ? word : type === 's16' ? (word << 16) >> 16 : (word >>> (layout.bit ?? 0)) & 1;
  }
  const bytes = TYPES[type] * 2;
  for (let i = 0; i < bytes; i++) scratch.setUint8(i, data[at + placeOf(i, bytes, order)] ?? 0);
  switch (type) {
    case 'u32':
      return scratch.getUint32(0);
    case 's32':
      return scratch.getInt32(0);
    case 'f32':
      return scratch.getFloat32(0);
    case 'u64':
      return scratch.getUint32(0) * 2 ** 32 + scratch.getUint32(4);
    case 's64':
      return scratch.getInt32(0) * 2 ** 32 + scratch.getUint32(4);
    case 'f64':
      return scratch.getFloat64(0);
    default:
      return type satisfies never;
  }
}

/** An integer of 64 bits that was not rounded. Meters stay far below 2^53: beyond it stands a wrong order, or nothing. */
export const isExact = (type: ValueType, raw: number): boolean =>
  (type !== 'u64' && type !== 's64') || Number.isSafeInteger(raw);

/** Bit `index` of a reply of coils or discrete inputs: the lowest bit of the first byte first (6.1). */
export const decodeBit = (data: Uint8Array, index: number): number => ((data[index >>> 3] ?? 0) >>> (index & 7)) & 1;

/** What to divide by in place of multiplying with a scale such as 0.1; undefined for a scale that is no such part. */
export function divisorOf(scale: number): number | undefined {
  const divisor = Math.round(1 / scale);
  return divisor > 1 && Math.abs(1 / scale - divisor) < 1e-9 ? divisor : undefined;
}

/**
 * `raw × scale + offset`. A scale such as 0.1 is applied as a division by 10, so that 583 gives 58.3 and not
 * 58.300000000000004.
 */
export function scaleValue(raw: number, scale: number, offset: number): number {
  if (scale === 1 && offset === 0) return raw;
  const divisor = divisorOf(scale);
  const scaled = divisor === undefined ? raw * scale : raw / divisor;
  return divisor !== undefined && offset === 0 ? scaled : asMeasured(scaled + offset);
}
