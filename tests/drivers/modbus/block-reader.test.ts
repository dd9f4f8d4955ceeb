import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockReader } from '../../../drivers/modbus/block-reader.ts';
import { ORDERS } from '../../../drivers/modbus/decode.ts';
import type { Draft } from '../../../drivers/modbus/draft.ts';
import { makeRequest } from '../../../drivers/modbus/pdu.ts';
import { SharedRows } from '../../../drivers/modbus/rows.ts';
import { readValue } from '../../../drivers/modbus/values.ts';
import { makePoint } from './site.ts';

const numbers = fc.constantFrom(-1000, -1, 0, 0.1, 7, 30_000);
const point = fc.record({
  type: fc.constantFrom('u16', 's16', 'u32', 'f32', 'bit 3'),
  order: fc.constantFrom(...ORDERS),
  scale: fc.constantFrom(1, 0.1, 0.01, 2, -0.5, 1 / 3),
  offset: numbers,
  convert: fc.record({ factor: fc.constantFrom(1, 0.001, -2), offset: numbers }),
  range: fc.option(fc.constantFrom([0, 100], [-5, 3000]) as fc.Arbitrary<[number, number]>, { nil: undefined }),
  invalid: fc.constantFrom(undefined, [], [0], [65_535], [0, 65_535]),
  states: fc.option(fc.constant({ 0: 'off', 1: 'on' }), { nil: undefined, freq: 8 }),
});

test('a block at once says the same as each value by itself, whatever the point is', () => {
  const word = fc.oneof(fc.constantFrom(0, 1, 0x7fff, 0x8000, 0xffff), fc.nat({ max: 0xffff }));
  fc.assert(
    fc.property(
      fc.array(point, { minLength: 1, maxLength: 8 }),
      fc.array(word, { minLength: 16, maxLength: 16 }),
      (all, words) => {
        const points = all.map(({ type, order, scale, offset, ...rest }, i) => {
          const [name, bit] = type.split(' ');
          const register = { order, scale, offset, ...(bit === undefined ? {} : { bit: Number(bit) }) };
          return makePoint('d', `holding ${100 + 2 * i} ${name}`, register, rest);
        });
        const data = Buffer.alloc(32);
        words.forEach((each, i) => {
          data.writeUInt16BE(each, 2 * i);
        });
        const drafts: Draft[] = [];
        const block = { request: makeRequest(1, 'holding', 100, 16), points };
        new BlockReader(block, new SharedRows()).read(data, drafts);
        const expected = points.map((each, i) => readValue(each, data, 2 * i));
        // Zero without its sign, which no reading needs.
        const plain = (value: unknown) => (typeof value === 'number' ? value + 0 : value);
        expect(drafts.map((draft) => ({ ...draft, value: plain(draft.value) }))).toEqual(
          expected.map((each, i) => ({
            ...each,
            value: plain(each.value),
            point: points[i]?.key,
            at: undefined,
            tick: undefined,
          })),
        );
      },
    ),
  );
});
