import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../../../gateway/history/bytes.ts';
import {
  decodeMixed,
  decodeNumbers,
  decodeWhole,
  encodeMixed,
  encodeNumbers,
  encodeWhole,
} from '../../../gateway/history/number-column.ts';

const written = (write: (writer: ByteWriter) => void): Uint8Array => {
  const writer = new ByteWriter();
  write(writer);
  return writer.take();
};
/** As they come back: -0 is 0. */
const plain = (values: readonly number[]) => values.map((value) => value + 0);

describe('numbers come back as they were', () => {
  const measured = fc.tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: 0, max: 6 }));
  const number = fc.oneof(
    measured.map(([mantissa, decimals]) => mantissa / 10 ** decimals),
    fc.double(),
    fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, Number.MIN_VALUE, 58.300000000000004),
  );
  const ways = [
    ['of one point', encodeNumbers, decodeNumbers],
    ['of many points', encodeMixed, decodeMixed],
  ] as const;
  test.each(ways)('%s', (_, encode, decode) => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 200 }), (values) => {
        const bytes = written((writer) => encode(writer, Float64Array.from(values)));
        expect([...decode(new ByteReader(bytes), values.length)]).toEqual(plain(values));
      }),
    );
  });

  test('whole ones of any size, and texts', () => {
    const whole = fc.array(fc.integer({ min: -(2 ** 50), max: 2 ** 50 }));
    fc.assert(
      fc.property(whole, fc.array(fc.string({ unit: 'grapheme' })), (values, texts) => {
        const reader = new ByteReader(
          written((writer) => {
            encodeWhole(writer, values);
            writer.texts(texts);
          }),
        );
        expect([...decodeWhole(reader, values.length)]).toEqual(plain(values));
        expect(reader.texts()).toEqual(texts);
      }),
    );
  });
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53 + 2])(
  '%s is no whole number that can be kept',
  (value) => {
    expect(() => new ByteWriter().unsigned(value)).toThrow(RangeError);
  },
);

test('bytes that end too soon are an error and not a value', () => {
  const bytes = written((writer) => {
    writer.unsigned(300);
    writer.text('normal');
  });
  expect(() => new ByteReader(bytes.subarray(0, 1)).unsigned()).toThrow(RangeError);
  const reader = new ByteReader(bytes.subarray(0, 5));
  reader.unsigned();
  expect(() => reader.text()).toThrow(RangeError);
});
