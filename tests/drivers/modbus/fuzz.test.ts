import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzz } from '../../tools/fuzz.ts';
import { parsers, seeds } from './fuzzed.ts';

// In full length: tests/bench/fuzz-modbus.ts.
test.each(Object.entries(parsers))('%s: no throw, no value from a broken frame', async (_, target) => {
  for (const seed of seeds) target(seed);
  await fuzz(target, { bytes: 500_000, seeds });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => target(Buffer.from(bytes))));
});

test('what a parser must not do is told with the input that did it', async () => {
  const target = (input: Buffer) => {
    if (input.includes(0x42)) throw new Error('it did');
  };
  await expect(fuzz(target, { bytes: 100_000, seeds: [Buffer.from('41', 'hex')] })).rejects.toThrow(/^input .*42/);
});

test('coverage leads to what lies behind several conditions', async () => {
  const { deep } = await import('./fuzz-maze.ts');
  const found = fuzz((input) => deep(input), { bytes: 3_000_000, seeds: [Buffer.from('aaaa')], covers: 'fuzz-maze' });
  await expect(found).rejects.toThrow(/^input 67656e67/);
});
