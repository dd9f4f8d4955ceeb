import { expect, test } from 'vitest';
import { type Point, qualify } from '../../drivers/point.ts';

/** Metres as they come, centimetres as they are kept. */
const depth: Point = {
  key: 'gauge-1/depth',
  device: 'gauge-1',
  id: 'depth',
  quantity: 'water.depth',
  everyMs: 1000,
  source: {},
  convert: { factor: 100, offset: 0 },
};
const notANumber = { value: null, quality: 'bad', code: 'not-a-number' };

test.each<[string, number | string | boolean | null, object]>([
  ['a number is converted', 0.25, { value: 25, quality: 'good' }],
  ['a number that binary fractions would put below a limit', 0.29, { value: 29, quality: 'good' }],
  ['or above it', 0.57, { value: 57, quality: 'good' }],
  ['what is finer than that is kept', 1 / 3, { value: (1 / 3) * 100, quality: 'good' }],
  ['and what is tiny', 1.234567e-8, { value: 1.234567e-8 * 100, quality: 'good' }],
  ['one that cannot be held once it is converted is none', 1e307, notANumber],
  ['nor is one below', -1e307, notANumber],
  ['nor an infinite one', Number.POSITIVE_INFINITY, notANumber],
  ['nor a text', '0.25', notANumber],
  ['nor a yes', true, notANumber],
  ['nothing is no value', null, { value: null, quality: 'bad', code: 'no-value' }],
])('%s', (_, raw, expected) => {
  expect(qualify(depth, raw)).toEqual(expected);
});

test.each(['__proto__', 'constructor', 'toString', '2'])('a state %s that nobody has named is unknown', (raw) => {
  const smoke = { ...depth, states: { 0: 'normal', 1: 'alarm' } };
  expect(qualify(smoke, raw)).toEqual({ value: null, quality: 'bad', code: 'unknown-state' });
});

test('the depth under a gauge that hangs 4.2 m high is what a tape says, at every millimetre', () => {
  const gauge = { ...depth, convert: { factor: -0.1, offset: 420 } };
  for (let mm = 0; mm <= 4200; mm++) expect(qualify(gauge, mm).value).toBe((4200 - mm) / 10);
});
