import { type Layout, placeOf, TYPES, type ValueType } from './decode.ts';

/** The least and the most of each integer; one of 64 bits only as far as JavaScript counts exactly. */
const BOUNDS: Readonly<Partial<Record<ValueType, readonly [number, number]>>> = {
  bit: [0, 1],
  u16: [0, 0xffff],
  s16: [-0x8000, 0x7fff],
  u32: [0, 0xffff_ffff],
  s32: [-0x8000_0000, 0x7fff_ffff],
  u64: [0, Number.MAX_SAFE_INTEGER],
  s64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

const scratch = new DataView(new ArrayBuffer(8));

/** The nearest to a raw value that the type can hold as it is; undefined when it is out of its bounds. */
export function roundTo(type: ValueType, raw: number): number | undefined {
  const bounds = BOUNDS[type];
  const rounded = type === 'f32' ? Math.fround(raw) : bounds === undefined ? raw : Math.round(raw) + 0;
  if (!Number.isFinite(rounded)) return undefined;
  return bounds === undefined || (rounded >= bounds[0] && rounded <= bounds[1]) ? rounded : undefined;
}

/** The registers of a raw value that the type can hold: what `decodeRegisters` reads back as it. */
export function encodeRegisters(raw: number, { type, order }: Layout): number[] {
  put(type, raw);
  const bytes = TYPES[type] * 2;
  const words = new Array<number>(TYPES[type]).fill(0);
  for (let i = 0; i < bytes; i++) {
    const place = placeOf(i, bytes, order);
    const shift = place & 1 ? 0 : 8;
    words[place >>> 1] = (words[place >>> 1] ?? 0) | (scratch.getUint8(i) << shift);
  }
  return words;
}

function put(type: ValueType, raw: number): void {
  if (type === 'f32') scratch.setFloat32(0, raw);
  else if (type === 'f64') scratch.setFloat64(0, raw);
  else if (type === 'u64' || type === 's64') scratch.setBigInt64(0, BigInt(raw));
  else if (TYPES[type] === 2) scratch.setInt32(0, raw);
  else scratch.setInt16(0, raw);
}
