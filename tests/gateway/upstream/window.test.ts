import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Window } from '../../../gateway/upstream/window.ts';

test.each([
  ['nothing acknowledged', [1, 2, 3], [], 0, 1],
  ['in order', [1, 2, 3], [1, 2], 2, 3],
  ['all', [1, 2, 3], [1, 2, 3], 3, undefined],
  ['the first is missing', [1, 2, 3], [2, 3], 0, 1],
  ['the first comes last', [1, 2, 3], [3, 2, 1], 3, undefined],
  ['numbers that were pruned in between', [5, 9, 12], [5, 9], 9, 12],
  ['twice', [1, 2], [1, 1], 1, 2],
  ['one that was never sent', [1, 2], [7], 0, 1],
] as const)('%s', (_, sent, acknowledged, done, first) => {
  const window = new Window(0);
  for (const sequence of sent) window.send(sequence);
  for (const sequence of acknowledged) window.acknowledge(sequence);
  expect(window.done).toBe(done);
  expect(window.first).toBe(first);
});

test('whatever the order of acknowledgements, done never passes one that is missing', () => {
  const order = fc.shuffledSubarray(Array.from({ length: 30 }, (_, n) => n + 1));
  fc.assert(
    fc.property(order, (acknowledged) => {
      const window = new Window(0);
      for (let sequence = 1; sequence <= 30; sequence++) window.send(sequence);
      const seen = new Set<number>();
      for (const sequence of acknowledged) {
        window.acknowledge(sequence);
        seen.add(sequence);
        for (let n = 1; n <= window.done; n++) expect(seen.has(n)).toBe(true);
        expect(seen.has(window.done + 1)).toBe(false);
        expect(window.inFlight).toBe(30 - window.done);
      }
    }),
  );
});
