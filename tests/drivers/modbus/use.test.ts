import { describe, expect, test } from 'vitest';
import { modbus } from '../../../drivers/modbus/kind.ts';
import { paceOf, UseMeter } from '../../../drivers/modbus/use.ts';
import { answers, rtuSeal, silent } from './fake-bus.ts';
import { Rig } from './rig.ts';
import { makeDevice } from './site.ts';

const check = (devices: readonly object[], options: object, kind: keyof typeof modbus.links = 'modbus-rtu') =>
  modbus
    .check({ id: 'bus-1', kind, options: modbus.links[kind].parse(options), devices: devices as never })
    .map(({ device, field, severity, message }) => `${severity} ${device} ${field}: ${message}`);

const BUS = { port: '/dev/ttyUSB0' };

describe('what is planned', () => {
  test('a request of one register at 9600 baud takes 15 bytes, two silences and what a device commonly takes', () => {
    const { planned } = new Rig([makeDevice('a', 1, ['holding 5 u16'])], { pace: paceOf({ baud: 9600 }) }).link.status()
      .use ?? { planned: 0 };
    // (8 + 7) characters of 10 bits, 2 × 3.5 characters of 11 bits, 20 ms, of 1000 ms.
    expect(planned * 1000).toBeCloseTo(15.625 + 8.02 + 20, 1);
  });

  test.each<[string, number, object, object, RegExp[]]>([
    ['ten devices a second fit', 10, {}, BUS, []],
    ['thirty do not', 30, {}, BUS, [/together need 131 % of bus-1 at 9600 baud, this one 5 %/]],
    ['thirty fit at 115200 baud', 30, {}, { ...BUS, baud: 115_200 }, []],
    ['while one rests others are asked', 10, { turnaround: '100ms' }, BUS, []],
    [
      'what one needs with its rests does not fit',
      2,
      { turnaround: '960ms' },
      BUS,
      [/its own time, its rests of 960 ms/],
    ],
    ['with those of the link neither', 2, {}, { ...BUS, turnaround: '960ms' }, [/needs 101 % of its own time/]],
    ['those of a device go before them', 2, { turnaround: '0ms' }, { ...BUS, turnaround: '960ms' }, []],
  ])('%s', (_, count, options, link, expected) => {
    const devices = Array.from({ length: count }, (_, index) =>
      makeDevice(`d${index}`, index + 1, ['holding 5 u16'], {}, 1000, options),
    );
    const found = check(devices, link);
    expect(found).toHaveLength(expected.length);
    expected.forEach((each, index) => {
      expect(found[index]).toMatch(each);
    });
  });

  test('it is told at the device that needs most', () => {
    const greedy = makeDevice('greedy', 1, ['holding 5 u16', 'holding 500 u16', 'holding 900 u16'], {}, 50);
    expect(check([makeDevice('a', 2, ['holding 5 u16']), greedy], BUS)[0]).toMatch(
      /^warning greedy link: .*this one 262 %/,
    );
  });

  test('TCP has no wire, but devices take their time', () => {
    const devices = Array.from({ length: 200 }, (_, index) =>
      makeDevice(`d${index}`, index + 1, ['holding 5 u16'], {}, 100),
    );
    expect(check(devices, { host: 'h', window: 4 }, 'modbus-tcp')[0]).toMatch(/need 150 % of bus-1, this one 1 %/);
  });
});

test('a device has one question at a time, however many a link may have in flight', () => {
  const points = Array.from({ length: 40 }, (_, index) => `holding ${index * 100} u16`);
  const device = makeDevice('a', 1, points, {}, 100);
  expect(check([device], { host: 'h', window: 4 }, 'modbus-tcp')).toEqual([
    expect.stringMatching(/^warning a link: it is asked one thing at a time and needs 120 % of its own time: /),
  ]);
});

test('what was used is measured over the last minute, slice by slice', () => {
  const meter = new UseMeter(1000);
  for (let tick = 1000; tick < 31_000; tick += 100) meter.used(tick, 50);
  expect(meter.share(31_000)).toBeCloseTo(0.5, 2);
  for (let tick = 31_000; tick < 91_000; tick += 100) meter.used(tick, 90);
  expect(meter.share(91_000)).toBeCloseTo(0.9, 1);
  expect(meter.share(400_000)).toBe(0);
  meter.used(400_000, 100);
  expect(meter.share(400_001)).toBeLessThan(0.01);
});

test('polls missed now and then are no overbooking, polls missed steadily are', () => {
  const meter = new UseMeter(0);
  for (let tick = 0; tick < 60_000; tick += 1000) meter.due(tick, 10, 0);
  meter.due(60_000, 10, 10);
  expect(meter.isBehind(60_000)).toBe(false);
  for (let tick = 61_000; tick < 90_000; tick += 1000) meter.due(tick, 10, 2);
  expect(meter.isBehind(90_000)).toBe(true);
  expect(meter.isBehind(151_000)).toBe(false);
});

describe('a link tells', () => {
  test('its use, and nothing else while it can do what is asked', async () => {
    const pace = paceOf({ baud: 115_200 });
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16'])], { pace }, (bus) =>
      bus.slaves.set(1, answers(rtuSeal, 100)),
    ).read();
    await rig.clock.advance(60_000);
    const { use, warnings } = rig.link.status();
    expect(use?.measured).toBeGreaterThan(0.09);
    expect(use?.measured).toBeLessThan(0.13);
    expect(warnings).toBeUndefined();
  });

  test('that it is overbooked when polls are missed, whatever the plan says', async () => {
    await using rig = new Rig(
      [makeDevice('a', 1, ['holding 5 u16'], {}, 100)],
      { pace: paceOf({ baud: 115_200 }) },
      (bus) => bus.slaves.set(1, answers(rtuSeal, 250)),
    ).read();
    expect(rig.link.status().use?.planned).toBeLessThan(1);
    await rig.clock.advance(30_000);
    expect(rig.link.status().warnings).toEqual(['overbooked']);
    expect(rig.link.status().use?.measured).toBeGreaterThan(0.8);
  });

  test('that it is overbooked by its plan, at once', async () => {
    const devices = Array.from({ length: 40 }, (_, unit) => makeDevice(`d${unit}`, unit + 1, ['holding 5 u16']));
    await using rig = new Rig(devices, { pace: paceOf({ baud: 9600 }) });
    expect(rig.link.status().warnings).toEqual(['overbooked']);
  });

  test('no overbooking by rests in which others are asked, which none of them misses', async () => {
    const devices = Array.from({ length: 12 }, (_, unit) =>
      makeDevice(`d${unit}`, unit + 1, ['holding 5 u16'], {}, 1000, { turnaround: '200ms' }),
    );
    await using rig = new Rig(devices, { pace: paceOf({ baud: 9600 }) }, (bus) => {
      for (let unit = 1; unit <= 12; unit++) bus.slaves.set(unit, answers(rtuSeal, 20));
    }).read();
    await rig.clock.advance(60_000);
    expect(rig.link.status()).toMatchObject({ counters: { missed: 0 } });
    expect(rig.link.status().warnings).toBeUndefined();
    expect(rig.link.status().use?.planned).toBeLessThan(0.6);
  });

  test('that it is overbooked where one unit cannot have all that is asked of it', async () => {
    const device = makeDevice('a', 1, ['holding 5 u16'], {}, 1000, { turnaround: '1s' });
    await using rig = new Rig([device], { pace: paceOf({ baud: 9600 }) });
    expect(rig.link.status().warnings).toEqual(['overbooked']);
    expect(rig.link.status().use?.planned).toBeLessThan(0.1);
  });

  test('no overbooking by the time in which the whole process stood still', async () => {
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16'])], { pace: paceOf({ baud: 9600 }) }, (bus) =>
      bus.slaves.set(1, answers(rtuSeal, 20)),
    ).read();
    await rig.clock.advance(30_500);
    rig.clock.stand(10_000);
    await rig.clock.advance(3000);
    expect(rig.link.status().counters.missed).toBeGreaterThanOrEqual(9);
    expect(rig.link.status().warnings).toBeUndefined();
  });

  test('no overbooking for a unit that is away: it misses nothing', async () => {
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16'])], { pace: paceOf({ baud: 9600 }) }, (bus) =>
      bus.slaves.set(1, silent),
    ).read();
    await rig.clock.advance(60_000);
    expect(rig.link.status().warnings).toBeUndefined();
  });
});
