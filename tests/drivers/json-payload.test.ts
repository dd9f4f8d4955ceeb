import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePayload } from '../../drivers/json-payload.ts';

const parse = (text: string) => parsePayload(Buffer.from(text));

test.each([
  ['{"a":[1,"b"]}', { a: [1, 'b'] }],
  ['23.5', 23.5],
  ['\uFEFF{"a":1}', { a: 1 }],
  ['{"中":"\\"]}}"}', { 中: '"]}}' }],
  [`{"a":"${'['.repeat(100)}\\\\"}`, { a: `${'['.repeat(100)}\\` }],
])('%s is read', (text, json) => {
  expect(parse(text)).toEqual({ json });
});

test.each([
  ['nothing', ''],
  ['cut off in a text', '{"a":"b'],
  ['cut off at a backslash', '{"a":"b\\'],
  ['nested too deep', `${'['.repeat(33)}${']'.repeat(33)}`],
  ['more values than anybody sends', `[${'1,'.repeat(600_000)}1]`],
  ['more texts than anybody sends', `[${'"",'.repeat(300_000)}1]`],
  ['nested too deep behind a text with a quote in it', `["\\"",${'['.repeat(33)}${']'.repeat(33)}]`],
])('%s is none', (_, text) => {
  expect(parse(text)).toBeUndefined();
});

test('what is not UTF-8 is none', () => {
  expect(parsePayload(Uint8Array.of(0x22, 0xff, 0x22))).toBeUndefined();
});

test('whatever JSON can be written is read again, also from the midst of a larger buffer', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = Buffer.from(`xx${JSON.stringify(value)}xx`);
      expect(parsePayload(text.subarray(2, -2))).toEqual({ json: JSON.parse(JSON.stringify(value)) });
    }),
    { numRuns: 200 },
  );
});
