import { expect, test } from 'vitest';
import type { BorrowedLine, LineAnswer } from '../../../drivers/driver.ts';
import { answers, rtuSeal, silent, tcpSeal } from './fake-bus.ts';
import { Rig } from './rig.ts';
import { makeDevice } from './site.ts';

const signal = () => new AbortController().signal;
const question = (unit: number, timeoutMs = 50) =>
  ({ unit, table: 'holding', address: 0x20, count: 2, timeoutMs }) as const;

function borrow({ link }: Rig): BorrowedLine {
  const line = link.borrow?.();
  if (line === undefined) throw new Error('not lent');
  return line;
}

/** In the time of the rig's clock, whatever becomes of it. */
async function ask(rig: Rig, line: BorrowedLine, unit: number, timeoutMs = 50): Promise<LineAnswer> {
  let answer: LineAnswer | undefined;
  void line.ask(question(unit, timeoutMs), signal()).then((said) => {
    answer = said;
  });
  for (let ms = 0; answer === undefined && ms < 20_000; ms += 5) await rig.clock.advance(5);
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

test('between polls a job is answered, each unit by its own, and the polls go on', async () => {
  await using rig = new Rig([makeDevice('a', 1, ['holding 0 u16'])], {}, (bus) => {
    bus.slaves.set(1, answers(rtuSeal, 5));
    bus.slaves.set(9, answers(rtuSeal, 5));
  }).read();
  const line = borrow(rig);
  expect(await ask(rig, line, 9)).toMatchObject({ kind: 'data', data: Uint8Array.of(0, 0x20, 0, 0x21) });
  expect(await ask(rig, line, 12)).toMatchObject({ kind: 'none', symptom: 'silence' });
  rig.forget();
  await rig.clock.advance(5000);
  expect(rig.take('a')).toEqual(['0', '0', '0', '0', '0']);
  expect(rig.bus.collisions).toBe(0);
});

test('a line that is never free for long gives a job a small share of its time', async () => {
  const devices = Array.from({ length: 8 }, (_, index) =>
    makeDevice(`d${index}`, index + 1, ['holding 0 u16'], {}, 100),
  );
  await using rig = new Rig(devices, {}, (bus) => {
    for (let unit = 1; unit <= 8; unit++) bus.slaves.set(unit, answers(rtuSeal, 8));
  }).read();
  await rig.clock.advance(2000);
  const count = () => rig.bus.asked.filter(({ unit }) => unit <= 8).length;
  const before = count();
  await rig.clock.advance(10_000);
  const alone = count() - before;
  const line = borrow(rig);
  const begin = count();
  const end = rig.clock.tick() + 10_000;
  let asked = 0;
  while (rig.clock.tick() < end) {
    await ask(rig, line, 40, 50);
    asked++;
  }
  const beside = ((count() - begin) * 10_000) / (rig.clock.tick() - end + 10_000);
  expect(asked).toBeGreaterThan(3);
  expect(beside / alone).toBeGreaterThan(0.9);
});

test('one job at a time; what it asks while the line is down is told so, and afterwards it is lent again', async () => {
  await using rig = new Rig([makeDevice('a', 1, ['holding 0 u16'])], {}, (bus) => {
    bus.slaves.set(1, silent);
    bus.slaves.set(9, answers(rtuSeal, 5));
  });
  const line = borrow(rig);
  expect(rig.link.borrow?.()).toBeUndefined();
  // It waits for the first opening.
  expect(await ask(rig, line, 9)).toMatchObject({ kind: 'data' });
  rig.bus.fault = new Error('pulled');
  rig.bus.drop(new Error('pulled'));
  expect(await ask(rig, line, 9)).toMatchObject({ kind: 'closed' });
  await line[Symbol.asyncDispose]();
  await line[Symbol.asyncDispose]();
  expect(await line.ask(question(9), signal())).toMatchObject({ kind: 'closed' });
  expect(rig.link.borrow?.()).toBeDefined();
});

test('a job that is stopped leaves nothing behind, in the midst of a question too', async () => {
  await using rig = new Rig([], {}, (bus) => bus.slaves.set(9, answers(rtuSeal, 5)));
  const line = borrow(rig);
  const stop = new AbortController();
  const asked = line.ask(question(30, 1000), stop.signal);
  const refused = expect(asked).rejects.toBe('enough');
  await rig.clock.advance(100);
  stop.abort('enough');
  await refused;
  const given = line[Symbol.asyncDispose]();
  await rig.clock.advance(1500);
  await given;
  const again = borrow(rig);
  expect(await ask(rig, again, 9)).toMatchObject({ kind: 'data' });
});

test('settings that a line does not take are told, and nothing is sent', async () => {
  await using rig = new Rig([], {}, (bus) => bus.slaves.set(9, answers(rtuSeal, 5)));
  const line = borrow(rig);
  await ask(rig, line, 9);
  const before = rig.bus.asked.length;
  const settings = { baud: 4800, parity: 'even', dataBits: 8, stopBits: 1 } as const;
  expect(await line.ask({ ...question(9), settings }, signal())).toMatchObject({ kind: 'closed' });
  expect(rig.bus.asked.length).toBe(before);
});

test('over TCP units that are not there break no connection', async () => {
  await using rig = new Rig([], { kind: 'tcp' }, (bus) => bus.slaves.set(9, answers(tcpSeal, 5)));
  const line = borrow(rig);
  for (let unit = 20; unit < 30; unit++) {
    expect(await ask(rig, line, unit)).toMatchObject({ kind: 'none', symptom: 'silence' });
  }
  expect(await ask(rig, line, 9)).toMatchObject({ kind: 'data' });
  expect(rig.bus.opens).toBe(1);
});
