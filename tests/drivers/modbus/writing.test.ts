import { describe, expect, test } from 'vitest';
import type { Written } from '../../../drivers/driver.ts';
import { Fault } from '../../../gateway/kit/fault.ts';
import { answers, rtuSeal, silent, tcpSeal } from './fake-bus.ts';
import { MemorySlave } from './memory-slave.ts';
import { Rig } from './rig.ts';
import { makeDevice, makePoint } from './site.ts';

const WRITABLE = { write: 6 };
const device = (...more: string[]) =>
  makeDevice('a', 1, [makePoint('a', 'holding 5 u16', WRITABLE), ...more.map((text) => makePoint('a', text))]);

/** A write whose end is looked at later. */
function begin(rig: Rig, value: number | string, point = 'a/holding-5', signal?: AbortSignal) {
  const job: { written?: Written } = {};
  void rig.link.write?.(point, value, signal).then((written) => {
    job.written = written;
  });
  return job;
}

describe.each([
  ['rtu', rtuSeal],
  ['tcp', tcpSeal],
] as const)('writing over %s', (kind, seal) => {
  test('is done, read back, and seen as a reading before the next poll', async () => {
    const slave = new MemorySlave(seal, 10, { 5: 1 });
    await using rig = new Rig([device()], { kind }, (bus) => bus.slaves.set(1, slave.behave)).read();
    await rig.clock.advance(500);
    const job = begin(rig, 42);
    await rig.clock.advance(100);
    expect(job.written).toEqual({ done: true, readBack: 42 });
    expect(slave.orders).toEqual(['060005002a']);
    expect(rig.take('a')).toEqual(['1', '42']);
    expect(rig.link.status().counters).toMatchObject({ writes: 1, writesFailed: 0 });
  });

  test('an order that was carried out and not answered is repeated once, and is no failure', async () => {
    const slave = new MemorySlave(seal, 10, { 5: 1 });
    slave.isMute = true;
    await using rig = new Rig([device()], { kind }, (bus) => bus.slaves.set(1, slave.behave)).read();
    await rig.clock.advance(500);
    const job = begin(rig, 42);
    await rig.clock.advance(900);
    expect(slave.registers.get(5)).toBe(42);
    slave.isMute = false;
    await rig.clock.advance(3000);
    expect(job.written).toEqual({ done: true, readBack: 42 });
    expect(slave.orders).toHaveLength(2);
  });

  test('to a unit that is away is tried, and told', async () => {
    await using rig = new Rig([device(), makeDevice('b', 2, ['holding 5 u16'])], { kind }, (bus) => {
      bus.slaves.set(1, silent);
      bus.slaves.set(2, answers(seal, 10));
    }).read();
    await rig.clock.advance(3000);
    const job = begin(rig, 42);
    await rig.clock.advance(5000);
    expect(job.written).toEqual({ done: false, code: 'no-answer' });
    expect(rig.link.status().counters).toMatchObject({ writes: 1, writesFailed: 1 });
  });
});

test('goes before polls that wait', async () => {
  const slave = new MemorySlave(rtuSeal, 10, { 5: 1 });
  const others = [2, 3, 4, 5].map((unit) => makeDevice(`u${unit}`, unit, ['holding 5 u16']));
  await using rig = new Rig([...others, device()], {}, (bus) => {
    bus.slaves.set(1, slave.behave);
    for (const unit of [2, 3, 4, 5]) bus.slaves.set(unit, answers(rtuSeal, 100));
  }).read();
  await rig.clock.advance(50);
  begin(rig, 42);
  await rig.clock.advance(800);
  expect(rig.bus.asked.slice(0, 4).map(({ unit, code }) => `${unit}:${code}`)).toEqual(['2:3', '1:6', '1:3', '3:3']);
});

test('goes between the blocks of a poll of the same unit', async () => {
  const slave = new MemorySlave(rtuSeal, 100, { 5: 1, 500: 2 });
  await using rig = new Rig([device('holding 500 u16')], {}, (bus) => bus.slaves.set(1, slave.behave)).read();
  await rig.clock.advance(50);
  begin(rig, 42);
  await rig.clock.advance(600);
  expect(rig.bus.asked.slice(0, 4).map(({ code, address }) => `${code}@${address}`)).toEqual([
    '3@5',
    '6@5',
    '3@5',
    '3@500',
  ]);
  expect(rig.batches.flat().map(({ point, value }) => `${point} ${value}`)).toEqual([
    'a/holding-5 42',
    'a/holding-5 1',
    'a/holding-500 2',
  ]);
});

test('is refused at once while the link is down, and when it goes down meanwhile', async () => {
  const gone = new Fault('modbus-unreachable', 'no such port');
  const slave = new MemorySlave(rtuSeal, 500, { 5: 1 });
  await using rig = new Rig([device()], {}, (bus) => bus.slaves.set(1, slave.behave)).read();
  const early = begin(rig, 41);
  await rig.clock.advance(0);
  expect(early.written).toEqual({ done: false, code: 'link-down' });
  await rig.clock.advance(600);
  const running = begin(rig, 42);
  const waiting = begin(rig, 43);
  await rig.clock.advance(100);
  rig.bus.drop(gone);
  await rig.clock.advance(1);
  expect([running.written, waiting.written]).toEqual(Array(2).fill({ done: false, code: 'link-down' }));
  await rig.clock.advance(5000);
  expect(slave.orders).toEqual(['060005002a']);
});

test('of more than sixteen that wait the next one is refused', async () => {
  const slave = new MemorySlave(rtuSeal, 10, { 5: 1 });
  await using rig = new Rig([device()], {}, (bus) => bus.slaves.set(1, slave.behave)).read();
  await rig.clock.advance(500);
  const jobs = Array.from({ length: 19 }, (_, index) => begin(rig, index));
  await rig.clock.advance(3000);
  const codes = jobs.map(({ written }) => (written?.done === false ? written.code : written?.readBack));
  expect(codes).toEqual([...Array(17).keys(), 'queue-full', 'queue-full']);
});

/** A device that rests after each of its replies. */
const RESTFUL = makeDevice('a', 1, [makePoint('a', 'holding 5 u16', WRITABLE)], {}, 60_000, { turnaround: '300ms' });

test('is taken back while it waits, and not after it was sent', async () => {
  const slave = new MemorySlave(rtuSeal, 100, { 5: 1 });
  await using rig = new Rig([RESTFUL], {}, (bus) => bus.slaves.set(1, slave.behave)).read();
  await rig.clock.advance(500);
  const stop = new AbortController();
  const sent = begin(rig, 42, undefined, stop.signal);
  const waiting = begin(rig, 43, undefined, stop.signal);
  const late = begin(rig, 44, undefined, AbortSignal.abort());
  await rig.clock.advance(50);
  stop.abort();
  await rig.clock.advance(1000);
  expect([sent.written, waiting.written, late.written]).toEqual([
    { done: true, readBack: 42 },
    { done: false, code: 'aborted' },
    { done: false, code: 'aborted' },
  ]);
  expect(slave.orders).toEqual(['060005002a']);
});

test('is not taken back while its unit rests before it is read back', async () => {
  const slave = new MemorySlave(rtuSeal, 100, { 5: 1 });
  await using rig = new Rig([RESTFUL], {}, (bus) => bus.slaves.set(1, slave.behave)).read();
  await rig.clock.advance(500);
  const stop = new AbortController();
  const job = begin(rig, 42, undefined, stop.signal);
  await rig.clock.advance(250);
  stop.abort();
  await rig.clock.advance(1000);
  expect(job.written).toEqual({ done: true, readBack: 42 });
});

test('what is no writable point is refused without a word on the wire', async () => {
  const slave = new MemorySlave(rtuSeal, 10, { 5: 1, 6: 1 });
  await using rig = new Rig([device('holding 6 u16')], {}, (bus) => bus.slaves.set(1, slave.behave)).read();
  await rig.clock.advance(500);
  const jobs = ['a/holding-6', 'a/none', 'b/holding-5'].map((point) => begin(rig, 1, point));
  const far = begin(rig, 70_000);
  await rig.clock.advance(100);
  expect(jobs.map(({ written }) => written)).toEqual(Array(3).fill({ done: false, code: 'not-writable' }));
  expect(far.written).toEqual({ done: false, code: 'out-of-range' });
  expect(slave.orders).toEqual([]);
});

test('a register that cannot be read is not polled; what was written is shown as not read back', async () => {
  const blind = makePoint('a', 'holding 9 u16', { write: { code: 6, readBack: false } });
  const slave = new MemorySlave(rtuSeal, 10, { 5: 1, 9: 0 });
  const points = [makePoint('a', 'holding 5 u16'), blind];
  await using rig = new Rig([makeDevice('a', 1, points)], {}, (bus) => bus.slaves.set(1, slave.behave)).read();
  await rig.clock.advance(500);
  const job = begin(rig, 42, 'a/holding-9');
  await rig.clock.advance(100);
  expect(job.written).toEqual({ done: true, readBack: 42 });
  expect(rig.bus.asked.map(({ code, address, count }) => `${code}@${address}+${count}`)).toEqual(['3@5+1', '6@9+42']);
  const [last] = rig.batches.flat().slice(-1);
  expect(last).toMatchObject({ point: 'a/holding-9', value: 42, quality: 'uncertain', code: 'not-read-back' });
});

test('a coil by its state', async () => {
  const coil = makePoint('a', 'coil 3 bit', { write: 5 }, { states: { 0: 'off', 1: 'on' } });
  const slave = new MemorySlave(rtuSeal, 10);
  slave.coils.set(3, 0);
  await using rig = new Rig([makeDevice('a', 1, [coil])], {}, (bus) => bus.slaves.set(1, slave.behave)).read();
  await rig.clock.advance(500);
  const job = begin(rig, 'on', 'a/coil-3');
  await rig.clock.advance(100);
  expect(job.written).toEqual({ done: true, readBack: 'on' });
  expect(rig.take('a')).toEqual(['off', 'on']);
});
