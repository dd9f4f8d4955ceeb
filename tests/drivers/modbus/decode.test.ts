import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeBit,
  decodeRegisters,
  ORDERS,
  type Order,
  scaleValue,
  type ValueType,
} from '../../../drivers/modbus/decode.ts';
import { hex } from './vectors.ts';

test.each<[ValueType, Order, string, number]>([
  ['u16', 'ABCD', 'FF FE', 65_534],
  ['u16', 'BADC', 'FE FF', 65_534],
  ['u16', 'CDAB', 'FF FE', 65_534],
  ['s16', 'ABCD', 'FF FE', -2],
  ['s16', 'DCBA', 'FE FF', -2],
  ['u32', 'ABCD', '01 02 03 04', 0x01020304],
  ['u32', 'CDAB', '03 04 01 02', 0x01020304],
  ['u32', 'BADC', '02 01 04 03', 0x01020304],
  ['u32', 'DCBA', '04 03 02 01', 0x01020304],
  ['s32', 'ABCD', 'FF FF FF FF', -1],
  ['s32', 'CDAB', 'FF FE FF FF', -2],
  ['f32', 'ABCD', '42 28 00 00', 42],
  ['f32', 'CDAB', '00 00 42 28', 42],
  ['f32', 'BADC', '28 42 00 00', 42],
  ['f32', 'DCBA', '00 00 28 42', 42],
  ['u64', 'ABCD', '00 01 02 03 04 05 06 07', 0x0001_0203_0405_0607],
  ['u64', 'CDAB', '06 07 04 05 02 03 00 01', 0x0001_0203_0405_0607],
  ['u64', 'BADC', '01 00 03 02 05 04 07 06', 0x0001_0203_0405_0607],
  ['u64', 'DCBA', '07 06 05 04 03 02 01 00', 0x0001_0203_0405_0607],
  ['f64', 'ABCD', 'C0 09 21 FB 54 44 2D 18', -Math.PI],
  ['f64', 'DCBA', '18 2D 44 54 FB 21 09 C0', -Math.PI],
])('%s %s of %s is %d', (type, order, bytes, value) => {
  expect(decodeRegisters(hex(`AA BB ${bytes}`), 2, { type, order })).toBe(value);
});

test('bits of a register count from the lowest', () => {
  const bits = Array.from({ length: 16 }, (_, bit) =>
    decodeRegisters(hex('80 05'), 0, { type: 'bit', order: 'ABCD', bit }),
  );
  expect(bits.join('')).toBe('1010000000000001');
});

test('coils stand lowest bit first, byte after byte (6.1: 27 to 20 are CD)', () => {
  expect(Array.from({ length: 12 }, (_, index) => decodeBit(hex('CD 6B'), index)).join('')).toBe('101100111101');
});

/** Written apart from the decoder: lays the bytes out one by one. */
function encode(type: Exclude<ValueType, 'bit'>, order: Order, value: number): Buffer {
  const straight = Buffer.alloc({ u16: 2, s16: 2, u32: 4, s32: 4, f32: 4, u64: 8, s64: 8, f64: 8 }[type]);
  if (type === 'u64' || type === 's64') straight.writeBigInt64BE(BigInt(value));
  else if (type === 'f32') straight.writeFloatBE(value);
  else if (type === 'f64') straight.writeDoubleBE(value);
  else if (type === 'u16' || type === 'u32') straight.writeUIntBE(value, 0, straight.length);
  else straight.writeIntBE(value, 0, straight.length);
  if (order === 'DCBA') return Buffer.from(straight.toReversed());
  if (order === 'BADC') return straight.swap16();
  if (order === 'CDAB') return Buffer.from(straight.toReversed()).swap16();
  return straight;
}

test.each([
  ['u16', fc.integer({ min: 0, max: 0xffff })],
  ['s16', fc.integer({ min: -0x8000, max: 0x7fff })],
  ['u32', fc.integer({ min: 0, max: 0xffffffff })],
  ['s32', fc.integer({ min: -0x80000000, max: 0x7fffffff })],
  ['f32', fc.float()],
  ['u64', fc.maxSafeNat()],
  ['f64', fc.double()],
] as const)('every %s in every order comes back as it went', (type, values) => {
  fc.assert(
    fc.property(values, fc.constantFrom(...ORDERS), (value, order) => {
      expect(decodeRegisters(encode(type, order, value), 0, { type, order })).toBe(value);
    }),
  );
});

test.each([
  [583, 0.1, 0, 58.3],
  [583, 0.1, -40, 18.3],
  [7, 0.3, 0, 2.1],
  [571, 0.1, 0, 57.1],
  [7, 0.001, 0, 0.007],
  [7, 1, 0, 7],
  [7, 2.5, 0, 17.5],
  [600, 0.1, -40, 20],
  [-5, 0.01, 0, -0.05],
])('%d × %d + %d is %d', (raw, scale, offset, value) => {
  expect(scaleValue(raw, scale, offset)).toBe(value);
});
