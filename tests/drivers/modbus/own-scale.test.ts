import { expect, test } from 'vitest';
import { Fault } from '../../../gateway/kit/fault.ts';
import { rtuSeal } from './fake-bus.ts';
import { MemorySlave } from './memory-slave.ts';
import { Rig } from './rig.ts';
import { makeDevice, makePoint } from './site.ts';

/** Unit, decimals, level: as in a QDY30A. */
const gauge = (write: object = {}) =>
  makeDevice('a', 1, [
    makePoint(
      'a',
      'holding 4 s16',
      { decimals: { address: 3 }, unit: { address: 2 }, ...write },
      {
        range: [0, 6],
        units: { 0: { factor: 1, offset: 0 }, 1: { factor: 0.01, offset: 0 } },
      },
    ),
  ]);

function open(registers: Readonly<Record<number, number>>, device = gauge()) {
  const slave = new MemorySlave(rtuSeal, 5, registers);
  const rig = new Rig([device], {}, (bus) => bus.slaves.set(1, slave.behave)).read();
  return { slave, rig };
}

test.each<[string, Record<number, number>, string]>([
  ['metres with three decimals', { 2: 0, 3: 3, 4: 1234 }, '1.234'],
  ['centimetres with one', { 2: 1, 3: 1, 4: 1234 }, '1.234'],
  ['none', { 2: 0, 3: 0, 4: 3 }, '3'],
  ['out of the range, which is in metres', { 2: 1, 3: 0, 4: 601 }, '!out-of-range'],
  ['more decimals than there can be', { 2: 0, 3: 4, 4: 1234 }, '!bad-decimals'],
  ['a unit that nobody knows', { 2: 7, 3: 3, 4: 1234 }, '!unknown-unit'],
  ['no register that says so', { 2: 0, 4: 1234 }, '!exception-2'],
])('%s', async (_, registers, expected) => {
  const { rig } = open(registers);
  await using _rig = rig;
  await rig.clock.advance(500);
  expect(rig.take('a')).toEqual([expected]);
});

test('what it says of itself is asked first, then rarely', async () => {
  const { rig, slave } = open({ 2: 0, 3: 3, 4: 1234 });
  await using _rig = rig;
  await rig.clock.advance(500);
  expect(rig.bus.asked.map(({ address, count }) => `${address}+${count}`)).toEqual(['2+2', '4+1']);
  await rig.clock.advance(590_000);
  expect(rig.bus.asked.filter(({ address }) => address === 2)).toHaveLength(1);
  slave.registers.set(3, 2);
  await rig.clock.advance(12_000);
  expect(rig.bus.asked.filter(({ address }) => address === 2)).toHaveLength(2);
  expect(rig.take('a').at(-1)).toBe('!out-of-range');
});

test('it is asked anew when the device was away, and when the link was', async () => {
  const { rig, slave } = open({ 2: 0, 3: 3, 4: 1234 });
  await using _rig = rig;
  await rig.clock.advance(500);
  rig.bus.slaves.set(1, () => []);
  await rig.clock.advance(10_000);
  slave.registers.set(3, 2);
  slave.registers.set(4, 123);
  rig.bus.slaves.set(1, slave.behave);
  rig.forget();
  await rig.clock.advance(20_000);
  expect(rig.take('a').at(-1)).toBe('1.23');
  slave.registers.set(3, 1);
  slave.registers.set(4, 12);
  rig.bus.drop(new Fault('modbus-unreachable', 'pulled'));
  await rig.clock.advance(5000);
  expect(rig.take('a').at(-1)).toBe('1.2');
});

test('a device that could not be heard of itself is asked again soon', async () => {
  const { rig, slave } = open({ 2: 0, 3: 9, 4: 1234 });
  await using _rig = rig;
  await rig.clock.advance(5500);
  expect(rig.take('a').at(-1)).toBe('!bad-decimals');
  slave.registers.set(3, 3);
  await rig.clock.advance(12_000);
  expect(rig.take('a').at(-1)).toBe('1.234');
});

test('what is written is put into the unit and the decimals that it has', async () => {
  const { rig, slave } = open({ 2: 1, 3: 1, 4: 0 }, gauge({ write: 6 }));
  await using _rig = rig;
  await rig.clock.advance(500);
  const written = rig.link.write?.('a/holding-4', 1.234);
  await rig.clock.advance(500);
  expect(await written).toEqual({ done: true, readBack: 1.234 });
  expect(slave.registers.get(4)).toBe(1234);
});
