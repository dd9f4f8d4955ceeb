import { describe, expect, test } from 'vitest';
import type { ModbusDevice } from '../../../drivers/modbus/check.ts';
import { Fault } from '../../../gateway/kit/fault.ts';
import { answers, rtuSeal, silent, tcpSeal } from './fake-bus.ts';
import { Rig } from './rig.ts';
import { makeDevice, makePoint } from './site.ts';

const EVERY_MS = 1000;
const UNITS = 20;
const unit = (address: number, rest: Parameters<typeof makeDevice>[3] = {}, everyMs = EVERY_MS) =>
  makeDevice(`d${address}`, address, ['holding 5 u16'], rest, everyMs);
const units = Array.from({ length: UNITS }, (_, index) => unit(index + 1));

describe.each(['rtu', 'tcp'] as const)('devices of a link at work are others, %s', (kind) => {
  const seal = kind === 'rtu' ? rtuSeal : tcpSeal;
  const open = (devices: readonly ModbusDevice[] = units) =>
    new Rig(devices, { kind, timeoutMs: 200 }, (bus) => {
      for (let address = 1; address <= UNITS + 5; address++) bus.slaves.set(address, answers(seal, 5));
    }).read();
  const change = (rig: Rig, devices: readonly ModbusDevice[]) => {
    const exchange = rig.link.change?.(devices);
    if (exchange === undefined) throw new Error('it cannot be changed');
    return exchange;
  };
  const timesOf = (rig: Rig, address: number) =>
    rig.bus.asked.filter(({ unit: asked }) => asked === address).map(({ at }) => at);

  test('one is adopted: it is asked at once, on the same line, and no neighbour loses a poll', async () => {
    await using rig = open();
    await rig.clock.advance(3300);
    const exchange = change(rig, [...units.map((each) => structuredClone(each)), unit(21)]);
    expect(timesOf(rig, 21)).toEqual([]);
    exchange();
    await rig.clock.advance(150);
    expect(timesOf(rig, 21)).toHaveLength(1);
    await rig.clock.advance(6000);
    expect(rig.bus.opens).toBe(1);
    if (kind === 'rtu') expect(rig.bus.collisions).toBe(0);
    for (const { options } of units) {
      const times = timesOf(rig, options.address);
      const gaps = times.slice(2).map((at, index) => at - (times[index + 1] ?? at));
      expect(Math.max(...gaps)).toBeLessThan(1.3 * EVERY_MS);
      expect(times.length).toBeGreaterThanOrEqual(10);
    }
    expect(rig.link.status()).toMatchObject({
      devices: { d21: { answers: true } },
      counters: { missed: 0, connects: 1 },
    });
    expect(rig.take('d21').length).toBeGreaterThan(5);
  });

  test('a neighbour that is away stays away: its back-off is not begun anew', async () => {
    await using rig = open();
    rig.bus.slaves.set(3, silent);
    await rig.clock.advance(30_000);
    const [before, at] = [timesOf(rig, 3), rig.clock.now()];
    change(rig, [...units, unit(21)])();
    await rig.clock.advance(10_000);
    const asked = timesOf(rig, 3).filter((time) => time > at).length;
    expect(asked).toBeLessThanOrEqual(before.filter((time) => time > at - 10_000).length + 1);
    expect(rig.link.status().devices.d3).toEqual({ answers: false, code: 'no-answer' });
  });

  test("of one that is gone nothing more is told, though its poll was on the way; its address may be another one's", async () => {
    await using rig = open();
    rig.bus.slaves.set(2, answers(seal, 150));
    await rig.clock.advance(2000);
    for (let ms = 0; ms < 1000 && rig.bus.asked.at(-1)?.unit !== 2; ms++) await rig.clock.advance(1);
    const count = timesOf(rig, 2).length;
    rig.forget();
    const heir = makeDevice('heir', 2, [makePoint('heir', 'holding 9 u16')]);
    change(rig, [...units.filter(({ id }) => id !== 'd2'), heir])();
    await rig.clock.advance(20);
    expect(timesOf(rig, 2)).toHaveLength(count);
    await rig.clock.advance(3000);
    expect(rig.take('d2')).toEqual([]);
    expect(new Set(rig.take('heir'))).toEqual(new Set(['9']));
    if (kind === 'rtu') expect(rig.bus.collisions).toBe(0);
    expect(Object.keys(rig.link.status().devices)).toContain('heir');
    expect(await rig.link.write?.('d2/holding-5', 1)).toMatchObject({ done: false });
  });

  test('a shorter period counts from now on, and a longer one is not asked twice', async () => {
    await using rig = open([unit(1, {}, 5000), unit(2, {}, 5000)]);
    await rig.clock.advance(7000);
    change(rig, [unit(1, {}, 5000), unit(2, {}, 500)])();
    await rig.clock.advance(4000);
    expect(timesOf(rig, 2).filter((at) => at >= rig.clock.now() - 4000)).toHaveLength(9);
    expect(timesOf(rig, 1).filter((at) => at >= rig.clock.now() - 4000)).toHaveLength(1);
  });

  test('while the line is down the new one is told to be so, and it comes up with the others', async () => {
    await using rig = open([unit(1)]);
    await rig.clock.advance(2000);
    rig.bus.fault = new Fault('modbus-unreachable', 'away');
    rig.bus.drop(rig.bus.fault);
    await rig.clock.advance(500);
    change(rig, [unit(1), unit(2)])();
    await rig.clock.advance(2000);
    expect(new Set(rig.take('d2'))).toEqual(new Set(['!link-down']));
    rig.forget();
    change(rig, [unit(1), unit(2, {}, 60_000)])();
    await rig.clock.advance(10);
    expect(rig.take('d2')).toEqual(['!link-down']);
    rig.bus.fault = undefined;
    await rig.clock.advance(100_000);
    expect(rig.take('d2').at(-1)).toBe('5');
  });
});
