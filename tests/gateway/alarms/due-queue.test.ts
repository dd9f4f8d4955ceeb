import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueQueue } from '../../../gateway/alarms/due-queue.ts';

test('what is due comes up by its time and then its name, each once, as it was set last', () => {
  const set = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    tick: fc.oneof(fc.nat(20), fc.constant(Number.POSITIVE_INFINITY)),
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(set, fc.record({ take: fc.nat(20) })), { maxLength: 100 }), (steps) => {
      const queue = new DueQueue();
      const model = new Map<string, number>();
      for (const step of steps) {
        if ('name' in step) {
          queue.set(step.name, step.tick);
          if (Number.isFinite(step.tick)) model.set(step.name, step.tick);
          else model.delete(step.name);
        } else {
          const [first] = [...model].sort(([a, s], [b, t]) => s - t || (a < b ? -1 : 1));
          const taken = first !== undefined && first[1] <= step.take ? first : undefined;
          expect(queue.take(step.take)).toEqual(taken === undefined ? null : { name: taken[0], tick: taken[1] });
          if (taken !== undefined) model.delete(taken[0]);
        }
        expect(queue.next).toBe(Math.min(Number.POSITIVE_INFINITY, ...model.values()));
      }
    }),
  );
});
