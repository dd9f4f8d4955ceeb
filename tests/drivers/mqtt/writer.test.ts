import { expect, test } from 'vitest';
import { z } from 'zod';
import { write } from '../../../drivers/mqtt/command.ts';
import { Writer } from '../../../drivers/mqtt/writer.ts';
import type { UntimedReading } from '../../../drivers/reading.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { point } from './open-link.ts';

const KEY = 'relay/p0';

class World {
  readonly clock = new FakeClock();
  readonly published: string[] = [];
  refusal: string | undefined;
  readonly writer: Writer;

  constructor(given: object = {}) {
    const source = { json: '$.a', write: z.parse(write, { payload: '{value}', within: '3s', ...given }) };
    const points = Array.from({ length: 20 }, (_, n) =>
      point('relay', `p${n}`, { source, states: { 0: 'off', 1: 'on' } }),
    );
    const device = { id: 'relay', options: { topic: 'out/relay' }, profile: {}, points };
    const publish = async (_: string, topic: string, payload: Buffer) => {
      this.published.push(`${topic} ${payload}`);
      return this.refusal;
    };
    this.writer = new Writer([device], publish, this.clock);
  }

  report(value: string | null, key = KEY): void {
    const bad = { quality: 'bad', code: 'no-answer' } as const;
    const reading: UntimedReading = { point: key, value, ...(value === null ? bad : { quality: 'good' }) };
    this.writer.saw([reading]);
  }

  write = (value: string, signal?: AbortSignal, key = KEY) => this.writer.write(key, value, signal);
}

test('it is done when the device reports it', async () => {
  const world = new World();
  const written = world.write('on');
  world.report('on');
  expect(await written).toEqual({ done: true, readBack: 'on' });
  expect(world.published).toEqual(['out/relay/set on']);
  expect(world.writer.counts).toEqual({ writes: 1, writesFailed: 0 });
});

test('a report of how it was before is waited out', async () => {
  const world = new World();
  const written = world.write('on');
  world.report('off');
  await world.clock.advance(2900);
  world.report('on');
  expect(await written).toEqual({ done: true, readBack: 'on' });
});

test.each<[string, (world: World) => void, object]>([
  ['says nothing', () => {}, { done: false, code: 'no-answer' }],
  ['says otherwise', (world) => world.report('off'), { done: false, code: 'read-back-differs', readBack: 'off' }],
  ['is silent and told to be so', (world) => world.report(null), { done: false, code: 'no-answer' }],
])('a device that %s has not followed when the time is over', async (_says, happens, expected) => {
  const world = new World();
  const written = world.write('on');
  happens(world);
  await world.clock.advance(3000);
  expect(await written).toEqual(expected);
  expect(world.writer.counts.writesFailed).toBe(1);
  // What comes later is a reading like any other.
  world.report('on');
});

test('what is not published fails at once, with why', async () => {
  const world = new World();
  world.refusal = 'not-connected';
  expect(await world.write('on')).toEqual({ done: false, code: 'not-connected' });
});

test('a device that reports only changes has nothing to say where it is so already; what it said before it was silent counts for nothing', async () => {
  const world = new World({ reports: 'changes' });
  world.report('off');
  expect(await world.write('off')).toEqual({ done: true, readBack: 'off' });
  world.report(null);
  const written = world.write('off');
  await world.clock.advance(3000);
  expect(await written).toEqual({ done: false, code: 'no-answer' });
});

test('a later write of a point ends the one before it, and so does its signal, and the loss of the broker', async () => {
  const world = new World();
  const [first, second] = [world.write('on'), world.write('off')];
  expect(await first).toEqual({ done: false, code: 'aborted' });
  world.report('off');
  expect(await second).toEqual({ done: true, readBack: 'off' });
  const stop = new AbortController();
  const third = world.write('on', stop.signal);
  stop.abort();
  expect(await third).toEqual({ done: false, code: 'aborted' });
  const fourth = world.write('on');
  world.writer.endAll('link-down');
  expect(await fourth).toEqual({ done: false, code: 'link-down' });
});

test('so many are under way at a time; the next is refused, and there is room again', async () => {
  const world = new World();
  const all = Array.from({ length: 17 }, (_, n) => world.write('on', undefined, `relay/p${n}`));
  expect(await all[16]).toEqual({ done: false, code: 'queue-full' });
  world.report('on');
  const again = world.write('on');
  world.report('on');
  expect(await again).toEqual({ done: true, readBack: 'on' });
  world.writer.endAll('link-down');
  await Promise.all(all);
});

test('a point that is not of the link, and a value that it has not, go nowhere', async () => {
  const world = new World();
  expect(await world.write('on', undefined, 'other/p')).toEqual({ done: false, code: 'not-writable' });
  expect(await world.write('loud')).toEqual({ done: false, code: 'unknown-state' });
  expect(world.published).toEqual([]);
});
