import { expect, test } from 'vitest';
import { parseXml } from '../../../drivers/http/xml.ts';
import { fuzz } from '../../tools/fuzz.ts';
import { parsers, seeds } from './fuzzed.ts';

// In full length: tests/bench/fuzz-lines.ts.
test.each(Object.entries(parsers))('%s: no throw, no value from a broken one', async (_, target) => {
  const { bytes } = await fuzz(target, { bytes: 300_000, seeds });
  expect(bytes).toBeGreaterThan(299_999);
});

test('what is right is read: the seeds are no noise', () => {
  expect(seeds.map((seed) => parseXml(seed.toString()) !== undefined)).toContain(true);
});
