import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzz } from '../../tools/fuzz.ts';
import { guardStream, seeds } from './fuzzed-guard.ts';

test('changed streams: what is in bounds comes through, what is not is cut, nothing throws', async () => {
  const { bytes } = await fuzz(guardStream, { bytes: 300_000, seeds });
  expect(bytes).toBeGreaterThan(299_999);
});

test('noise behind a right CONNECT', () => {
  const [connect = new Uint8Array()] = seeds;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 900 }), fc.boolean(), (noise, isSignedIn) => {
      guardStream(Buffer.concat([isSignedIn ? connect : new Uint8Array(), noise]));
    }),
    { numRuns: 500 },
  );
});
