import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRegisters, ORDERS, type ValueType } from '../../../drivers/modbus/decode.ts';
import { encodeRegisters, roundTo } from '../../../drivers/modbus/encode.ts';
import type { Answer } from '../../../drivers/modbus/line.ts';
import { CLOSED, SILENCE, SPOILT } from '../../../drivers/modbus/line.ts';
import { encodeTcp } from '../../../drivers/modbus/mbap.ts';
import { judgeReply, makeWrite, type WriteCode } from '../../../drivers/modbus/pdu.ts';
import { encodeRtu, replyBytes } from '../../../drivers/modbus/rtu.ts';
import { planWrite, stepWrite, WRITE_BEGINS, type WritePlan } from '../../../drivers/modbus/write.ts';
import type { Point } from '../../../drivers/point.ts';
import { makePoint } from './site.ts';
import { hex } from './vectors.ts';

/** Orders and their answers from the examples of the protocol (6.5, 6.6, 6.11, 6.12). */
const ORDERED: readonly [string, WriteCode, number, number[], string, string][] = [
  ['coil 173 on', 5, 0xac, [1], '05 00 AC FF 00', '05 00 AC FF 00'],
  ['coil 173 off', 5, 0xac, [0], '05 00 AC 00 00', '05 00 AC 00 00'],
  ['register 2 to 3', 6, 1, [3], '06 00 01 00 03', '06 00 01 00 03'],
  ['ten coils from 20', 15, 0x13, [1, 0, 1, 1, 0, 0, 1, 1, 1, 0], '0F 00 13 00 0A 02 CD 01', '0F 00 13 00 0A'],
  ['two registers from 2', 16, 1, [0x0a, 0x0102], '10 00 01 00 02 04 00 0A 01 02', '10 00 01 00 02'],
];

describe.each(ORDERED)('%s', (_, code, address, words, order, reply) => {
  const request = makeWrite(17, code, address, words);

  test('is encoded alike on either wire', () => {
    expect(encodeRtu(request).subarray(1, -2)).toEqual(hex(order));
    expect(encodeTcp(1, request).subarray(7)).toEqual(hex(order));
    expect(encodeTcp(1, request).readUInt16BE(4)).toBe(hex(order).length + 1);
    expect(replyBytes(request)).toBe(8);
  });

  test('is answered by its repetition or an exception, and by nothing else', () => {
    expect(judgeReply(request, 17, hex(reply))).toBe('data');
    expect(judgeReply(request, 18, hex(reply))).toBe('foreign');
    expect(judgeReply(request, 17, Buffer.of(code | 0x80, 2))).toBe('exception');
    expect(judgeReply(request, 17, hex(reply).subarray(0, 4))).toBe('short');
    expect(judgeReply(request, 17, Buffer.concat([hex(reply), Buffer.of(0)]))).toBe('overlong');
    const elsewhere = hex(reply);
    elsewhere.writeUInt8(0x77, 2);
    expect(judgeReply(request, 17, elsewhere)).toBe('foreign');
  });
});

test('the order that several were written of must be answered with how many', () => {
  expect(judgeReply(makeWrite(1, 16, 1, [1, 2]), 1, hex('10 00 01 00 03'))).toBe('foreign');
});

test('what is encoded is decoded as it was, of every type and order', () => {
  const integers: Partial<Record<ValueType, [number, number]>> = {
    u16: [0, 0xffff],
    s16: [-0x8000, 0x7fff],
    u32: [0, 0xffff_ffff],
    s32: [-0x8000_0000, 0x7fff_ffff],
    u64: [0, Number.MAX_SAFE_INTEGER],
    s64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  };
  const cases = fc.oneof(
    ...Object.entries(integers).map(([type, [min, max]]) =>
      fc.tuple(
        fc.constant(type as ValueType),
        fc.maxSafeInteger().map((value) => Math.min(Math.max(value, min), max)),
      ),
    ),
    fc.tuple(fc.constant<ValueType>('f32'), fc.float({ noNaN: true, noDefaultInfinity: true })),
    fc.tuple(fc.constant<ValueType>('f64'), fc.double({ noNaN: true, noDefaultInfinity: true })),
  );
  fc.assert(
    fc.property(cases, fc.constantFrom(...ORDERS), ([type, value], order) => {
      const words = encodeRegisters(value, { type, order });
      const data = Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 0xff]));
      expect(decodeRegisters(data, 0, { type, order })).toBe(value);
    }),
  );
});

test.each<[ValueType, number, number | undefined]>([
  ['u16', 65_535, 65_535],
  ['u16', 65_536, undefined],
  ['u16', -1, undefined],
  ['u16', 1.4, 1],
  ['s16', -32_768, -32_768],
  ['s16', -32_769, undefined],
  ['u64', 2 ** 53, undefined],
  ['f32', 0.1, Math.fround(0.1)],
  ['f32', 1e39, undefined],
  ['bit', 2, undefined],
])('a %s of %d is kept as %s', (type, raw, kept) => {
  expect(roundTo(type, raw)).toBe(kept);
});

const planOf = (text: string, register: object, rest: Partial<Point>, value: number | string) => {
  const plan = planWrite(3, makePoint('a', text, register, rest), value);
  return typeof plan === 'string' ? plan : `${plan.order.order?.toString('hex')} is ${plan.value}`;
};

describe('a value becomes an order', () => {
  const write = (code: WriteCode) => ({ write: code });
  test.each<[string, string, object, Partial<Point>, number | string, string]>([
    ['a register', 'holding 5 u16', write(6), {}, 42, '060005002a is 42'],
    ['by its scale', 'holding 5 u16', { ...write(6), scale: 0.1 }, {}, 58.3, '0600050247 is 58.3'],
    ['to the nearest it can hold', 'holding 5 u16', { ...write(6), scale: 0.1 }, {}, 58.34, '0600050247 is 58.3'],
    ['by its offset', 'holding 5 s16', { ...write(6), offset: -40 }, {}, -41, '060005ffff is -41'],
    ['in its own unit', 'holding 5 u16', write(6), { convert: { factor: 0.1, offset: 0 } }, 5, '0600050032 is 5'],
    ['of two registers', 'holding 5 f32', write(16), {}, 42, '100005000204 42280000 is 42'],
    ['of a turned order', 'holding 5 u32', { ...write(16), order: 'CDAB' }, {}, 1, '10000500020400010000 is 1'],
    ['a coil', 'coil 5 bit', write(5), {}, 1, '050005ff00 is 1'],
    ['a coil by function 15', 'coil 5 bit', write(15), {}, 1, '0f000500010101 is 1'],
    ['a state', 'holding 5 u16', write(6), { states: { 0: 'off', 7: 'on' } }, 'on', '0600050007 is on'],
    ['of a coil', 'coil 5 bit', write(5), { states: { 0: 'off', 1: 'on' } }, 'off', '0500050000 is off'],
    ['elsewhere', 'input 5 u16', { write: { code: 6, address: 9 } }, {}, 1, '0600090001 is 1'],
    ['none that was not declared', 'holding 5 u16', {}, {}, 1, 'not-writable'],
    ['none beyond the range', 'holding 5 u16', write(6), { range: [0, 10] }, 11, 'out-of-range'],
    ['none beyond the type', 'holding 5 u16', write(6), {}, 70_000, 'out-of-range'],
    ['none of an unknown state', 'holding 5 u16', write(6), { states: { 0: 'off' } }, 'on', 'unknown-state'],
    ['none of a number for a state', 'holding 5 u16', write(6), { states: { 0: 'off' } }, 0, 'unknown-state'],
    ['none of a text', 'holding 5 u16', write(6), {}, '12', 'not-a-number'],
    ['none of NaN', 'holding 5 u16', write(6), {}, Number.NaN, 'not-a-number'],
  ])('%s', (_, text, register, rest, value, expected) => {
    expect(planOf(text, register, rest, value)).toBe(expected.replace('04 42', '0442'));
  });
});

/** Goes through a write with those answers; shows what was asked, the pauses and the end. */
function go(register: object, answers: readonly Answer[]): string {
  const plan = planWrite(3, makePoint('a', 'holding 5 u16', register), 42) as WritePlan;
  let state = WRITE_BEGINS;
  const seen: string[] = [];
  for (const answer of answers) {
    seen.push(state.waitMs > 0 ? `${state.waitMs}ms ${state.ask}` : state.ask);
    const next = stepWrite(plan, state, answer);
    if ('end' in next) {
      const { end } = next;
      seen.push(
        end.done ? `done ${end.readBack}` : `${end.code}${end.readBack === undefined ? '' : ` ${end.readBack}`}`,
      );
      return seen.join(', ');
    }
    state = next;
  }
  return `${seen.join(', ')} …`;
}

describe('a write, answer by answer', () => {
  const ok: Answer = { kind: 'data', data: hex('00 2A') };
  const other: Answer = { kind: 'data', data: hex('00 07') };
  const says = (code: number): Answer => ({ kind: 'exception', code });
  const plain = { write: 6 };
  const once = { write: { code: 6, once: true } };
  const blind = { write: { code: 6, readBack: false } };
  const blindOnce = { write: { code: 6, readBack: false, once: true } };
  test.each<[string, object, Answer[], string]>([
    ['is done when it is read back', plain, [ok, ok], 'order, look, done 42'],
    ['that is refused is told by the exception', plain, [says(2)], 'order, exception-2'],
    ['whose unit is not reached is told', plain, [says(11)], 'order, exception-11'],
    ['is repeated once without an answer', plain, [SILENCE, ok, ok], 'order, order, look, done 42'],
    ['is given up after that', plain, [SILENCE, SILENCE], 'order, order, no-answer'],
    ['is repeated once after a spoilt one', plain, [SPOILT, SPOILT], 'order, order, corrupt'],
    ['ends with its link', plain, [CLOSED], 'order, link-down'],
    ['of which only once: what is read back tells its fate', once, [SILENCE, ok], 'order, look, done 42'],
    [
      'of which only once is not repeated when it is not there',
      once,
      [SILENCE, other, other, other],
      'order, look, 250ms look, 250ms look, no-answer 7',
    ],
    ['waits for a busy unit', plain, [says(6), ok, ok], 'order, 250ms order, look, done 42'],
    [
      'waits for it also when only once, since nothing was done',
      once,
      [says(6), ok, ok],
      'order, 250ms order, look, done 42',
    ],
    [
      'does not wait for ever',
      plain,
      [says(6), says(6), says(6), says(6)],
      'order, 250ms order, 250ms order, 250ms order, busy',
    ],
    ['that is accepted is looked for later', plain, [says(5), ok], 'order, 250ms look, done 42'],
    ['is looked for again when it takes time', plain, [ok, other, ok], 'order, look, 250ms look, done 42'],
    [
      'that does not hold is told with what is there',
      plain,
      [ok, other, other, other],
      'order, look, 250ms look, 250ms look, read-back-differs 7',
    ],
    ['that cannot be looked at is no success', plain, [ok, SILENCE, SILENCE], 'order, look, look, no-answer'],
    ['of a register that may not be read is told', plain, [ok, says(2)], 'order, look, exception-2'],
    ['of a register that cannot be read is done by its answer', blind, [ok], 'order, done 42'],
    ['of such a one only once is never repeated', blindOnce, [SILENCE], 'order, no-answer'],
  ])('%s', (_, register, answers, expected) => {
    expect(go(register, answers)).toBe(expected);
  });
});
