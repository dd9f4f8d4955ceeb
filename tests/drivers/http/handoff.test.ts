import { expect, test } from 'vitest';
import { Handoff } from '../../../drivers/http/handoff.ts';
import { FakeClock } from '../../tools/fake-clock.ts';

const reading = (value: number) => ({ point: 'a/b', value, quality: 'good' as const });

/** What has become of a promise by now. */
async function stateOf(promise: Promise<number | undefined>): Promise<number | 'refused' | 'waiting'> {
  const waiting = new Promise<'waiting'>((resolve) => setImmediate(() => resolve('waiting')));
  return (await Promise.race([promise, waiting])) ?? 'refused';
}

test('who offers is told when the reader has come back for more, and not when it was given them', async () => {
  const clock = new FakeClock(1000);
  const handoff = new Handoff(8, new FakeClock());
  const batches = handoff.batches(clock, new AbortController().signal);
  const [one, two] = [handoff.offer([reading(1)]), handoff.offer([reading(2)])];
  const batch = await batches.next();
  expect(batch.value).toEqual([1, 2].map((value) => ({ ...reading(value), at: 1000, tick: 1000 })));
  expect([await stateOf(one), await stateOf(two)]).toEqual(['waiting', 'waiting']);
  const more = batches.next();
  expect([await stateOf(one), await stateOf(two)]).toEqual([1000, 1000]);
  handoff.push([reading(3)]);
  expect((await more).value).toHaveLength(1);
});

test('a reader that fails has taken nothing', async () => {
  const handoff = new Handoff(8, new FakeClock());
  const offered = handoff.offer([reading(1)]);
  const read = async () => {
    for await (const _ of handoff.batches(new FakeClock(), new AbortController().signal)) throw new Error('no');
  };
  await expect(read()).rejects.toThrow('no');
  expect(await stateOf(offered)).toBe('refused');
  expect(await stateOf(handoff.offer([reading(2)]))).toBe('refused');
});

test('at the bound an offer is refused, and what nobody waits for is dropped and counted', async () => {
  const handoff = new Handoff(1, new FakeClock());
  const first = handoff.offer([reading(1)]);
  expect(await stateOf(handoff.offer([reading(2)]))).toBe('refused');
  handoff.push([reading(3)]);
  expect(handoff.dropped).toBe(1);
  expect(await stateOf(first)).toBe('waiting');
});
