import { expect, test } from 'vitest';
import { fuzz } from '../../../../tools/fuzz.ts';
import { parsers, seeds } from './fuzzed.ts';

// In full length: tests/bench/fuzz-lines.ts.
test.each(Object.entries(parsers))('%s: no throw, nothing that does not stand there', async (_, target) => {
  const { bytes } = await fuzz(target, { bytes: 300_000, seeds });
  expect(bytes).toBeGreaterThan(299_999);
});
