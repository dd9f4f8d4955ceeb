import type { SimRegister } from '../scenario.ts';

const WORDS = { u16: 1, s16: 1, u32: 2, s32: 2, f32: 2, u64: 4, s64: 4, f64: 4, bit: 1 } as const;

export const isBits = ({ table }: SimRegister): boolean => table === 'coil' || table === 'discrete';

/** How many addresses a value takes. */
export const widthOf = (register: SimRegister): number => (isBits(register) ? 1 : WORDS[register.type]);

/** A value as the words that stand in its registers; of a bit the one word or cell that holds it, 0 or shifted. */
export function encodeWords(register: SimRegister, value: number): number[] {
  const raw = (value - register.offset) / register.scale;
  if (isBits(register)) return [raw === 0 ? 0 : 1];
  if (register.type === 'bit') return [raw === 0 ? 0 : 1 << (register.bit ?? 0)];
  const bytes = Buffer.alloc(WORDS[register.type] * 2);
  write(bytes, register.type, raw);
  return wordsOf(turn(bytes, register.order));
}

/** What the words that stand in its registers are worth. */
export function decodeWords(register: SimRegister, words: readonly number[]): number {
  const [first = 0] = words;
  if (isBits(register)) return first;
  if (register.type === 'bit') return (first >> (register.bit ?? 0)) & 1;
  const bytes = Buffer.alloc(WORDS[register.type] * 2);
  words.slice(0, bytes.length / 2).forEach((word, index) => {
    bytes.writeUInt16BE(word, index * 2);
  });
  return read(turn(bytes, register.order), register.type) * register.scale + register.offset;
}

/** To or from the order ABCD: each order undoes itself. */
function turn(bytes: Buffer, order: SimRegister['order']): Buffer {
  const words = wordsOf(bytes);
  const placed = order === 'CDAB' || order === 'DCBA' ? words.reverse() : words;
  const turned = Buffer.alloc(bytes.length);
  placed.forEach((word, index) => {
    turned.writeUInt16BE(word, index * 2);
  });
  return order === 'BADC' || order === 'DCBA' ? turned.swap16() : turned;
}

const wordsOf = (bytes: Buffer): number[] =>
  Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16BE(index * 2));

function write(bytes: Buffer, kind: Exclude<SimRegister['type'], 'bit'>, raw: number): void {
  const whole = Math.round(raw);
  switch (kind) {
    case 'u16':
    case 's16':
      bytes.writeUInt16BE(whole & 0xffff);
      break;
    case 'u32':
    case 's32':
      bytes.writeUInt32BE(whole >>> 0);
      break;
    case 'u64':
      bytes.writeBigUInt64BE(BigInt(whole));
      break;
    case 's64':
      bytes.writeBigInt64BE(BigInt(whole));
      break;
    case 'f32':
      bytes.writeFloatBE(raw);
      break;
    case 'f64':
      bytes.writeDoubleBE(raw);
      break;
    default: {
      kind satisfies never;
    }
  }
}

function read(bytes: Buffer, kind: Exclude<SimRegister['type'], 'bit'>): number {
  switch (kind) {
    case 'u16':
      return bytes.readUInt16BE();
    case 's16':
      return bytes.readInt16BE();
    case 'u32':
      return bytes.readUInt32BE();
    case 's32':
      return bytes.readInt32BE();
    case 'u64':
      return Number(bytes.readBigUInt64BE());
    case 's64':
      return Number(bytes.readBigInt64BE());
    case 'f32':
      return bytes.readFloatBE();
    case 'f64':
      return bytes.readDoubleBE();
    default:
      return kind satisfies never;
  }
}
