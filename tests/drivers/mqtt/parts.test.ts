import { describe, expect, test } from 'vitest';
import { FairQueue } from '../../../drivers/fair-queue.ts';
import { parseListen } from '../../../drivers/listen.ts';
import { Credentials } from '../../../drivers/mqtt/credentials.ts';
import { Refusals } from '../../../drivers/mqtt/refusals.ts';
import { Pace } from '../../../drivers/pace.ts';
import { silentLog } from '../../../gateway/kit/log.ts';

describe('credentials', () => {
  const credentials = new Credentials();
  credentials.add('smoke-12', 'right', 'smoke-12');
  credentials.add('mute', undefined, 'mute');
  test.each([
    ['smoke-12', 'right', 'smoke-12'],
    ['smoke-12', 'wrong', undefined],
    ['smoke-12', '', undefined],
    ['smoke-12', undefined, undefined],
    ['nobody', 'right', undefined],
    [undefined, undefined, undefined],
    ['mute', '', undefined],
    ['mute', undefined, undefined],
    ['__proto__', 'right', undefined],
  ])('%s with %s is %s', (user, password, device) => {
    expect(credentials.find(user, credentials.digest(password ?? ''))).toBe(device);
  });
});

describe('a pace of 100 a second after 10 at once', () => {
  test('the burst is free, then each waits longer, and a rest makes it free again', () => {
    const pace = new Pace({ perSecond: 100, burst: 10 });
    expect(Array.from({ length: 12 }, () => pace.waitMs(0))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 20]);
    expect(pace.waitMs(1000)).toBe(0);
  });
  test('what counts as several waits as long as they would', () => {
    const pace = new Pace({ perSecond: 100, burst: 10 });
    expect([pace.waitMs(0, 10), pace.waitMs(0, 2.5)]).toEqual([0, 25]);
  });
  test('one who keeps to the rate never waits', () => {
    const pace = new Pace({ perSecond: 100, burst: 1 });
    for (let tick = 0; tick < 1000; tick += 10) expect(pace.waitMs(tick)).toBe(0);
  });
});

test('one sender that floods loses its own oldest, and no other loses any', async () => {
  const queue = new FairQueue<string>(['loud', 'quiet'], 2);
  queue.push('quiet', 'fire');
  for (const item of ['1', '2', '3', '4', '5']) queue.push('loud', item);
  const batch = await queue.batches(new AbortController().signal).next();
  expect(batch.value).toEqual(['fire', '4', '5']);
  expect(queue.dropped).toBe(3);
});

test('senders come and go: what waits of the others stays, in order, and of those that are gone it is given back', async () => {
  const queue = new FairQueue<string>(['gone', 'stays'], 2);
  for (const [sender, item] of [
    ['gone', '1'],
    ['stays', '2'],
    ['stays', '3'],
  ] as const)
    queue.push(sender, item);
  expect(queue.change(['new', 'stays'])).toEqual(['1']);
  expect(() => queue.push('gone', '4')).toThrow('not a sender');
  queue.change(['new', 'stays', 'gone']);
  for (const sender of ['gone', 'new']) queue.push(sender, sender);
  const batch = await queue.batches(new AbortController().signal).next();
  expect([batch.value, queue.dropped]).toEqual([['gone', '2', '3', 'new'], 0]);
});

test('one sender that gives much work has its turns, and nobody waits until all of it is done', async () => {
  const queue = new FairQueue<number>(['loud', 'quiet'], 256, (weight) => weight);
  for (let n = 0; n < 100; n++) queue.push('loud', 1000);
  const batches = queue.batches(new AbortController().signal);
  expect((await batches.next()).value).toEqual([1000]);
  setImmediate(() => queue.push('quiet', 1));
  expect((await batches.next()).value).toEqual([1000, 1]);
  const light = new FairQueue<number>(['loud'], 256);
  for (let n = 0; n < 100; n++) light.push('loud', n);
  expect((await light.batches(new AbortController().signal).next()).value).toHaveLength(64);
});

test('refusals are logged at each tenfold with their count', () => {
  const said: object[] = [];
  const refusals = new Refusals({ ...silentLog, warn: (nouns) => said.push(nouns) });
  for (let n = 0; n < 1500; n++) refusals.add('d', 'publish', 'no');
  refusals.add(null, 'publish', 'no');
  expect(said).toEqual([
    ...[1, 10, 100, 1000].map((count) => ({ device: 'd', reason: 'publish', count })),
    { device: null, reason: 'publish', count: 1 },
  ]);
});

test.each([
  ['127.0.0.1:1883', { host: '127.0.0.1', port: 1883 }],
  ['[::1]:1883', { host: '::1', port: 1883 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  ['127.0.0.1', undefined],
  [':1883', undefined],
  ['::1:1883', undefined],
  ['127.0.0.1:70000', undefined],
])('listen %s', (text, expected) => {
  expect(parseListen(text)).toEqual(expected);
});
