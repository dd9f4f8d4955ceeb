import { describe, expect, test } from 'vitest';
import { answers, type Behaviour, right, rtuSeal, type Seal, silent, tcpSeal } from './fake-bus.ts';
import { MemorySlave } from './memory-slave.ts';
import { Rig } from './rig.ts';
import { makeDevice, makePoint } from './site.ts';
import { hex } from './vectors.ts';

const says =
  (seal: Seal, pdu: string): Behaviour =>
  (asked) => [{ afterMs: 10, bytes: seal(asked, hex(pdu)) }];

const WIRES = [
  ['rtu', rtuSeal],
  ['tcp', tcpSeal],
] as const;

describe.each(WIRES)('over %s', (kind, seal) => {
  test('a unit that is busy is asked again after a pause, and counts as there', async () => {
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16', 'holding 500 u16'])], { kind }).read();
    let nth = 0;
    rig.bus.slaves.set(1, (asked) => {
      nth++;
      if (nth === 2 || nth === 3) return says(seal, nth === 2 ? '83 06' : '83 05')(asked);
      return [{ afterMs: 10, bytes: right(seal, asked) }];
    });
    await rig.clock.advance(900);
    expect(rig.take('a')).toEqual(['5', '500']);
    expect(rig.link.status()).toMatchObject({ counters: { busy: 2 }, devices: { a: { answers: true } } });
    const [, second, third] = rig.bus.asked;
    expect((third?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThanOrEqual(250);
  });

  test('a unit that stays busy says so of what it did not tell', async () => {
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16', 'holding 500 u16'], {}, 5000)], { kind }).read();
    rig.bus.slaves.set(1, (asked) => (asked.address === 5 ? answers(seal, 10) : says(seal, '83 06'))(asked));
    await rig.clock.advance(2000);
    expect(rig.take('a')).toEqual(['5', '!busy']);
    expect(rig.bus.count(1)).toBe(5);
    expect(rig.link.status().devices).toEqual({ a: { answers: true } });
  });

  test('a unit that is busy does not hold up the others', async () => {
    const devices = [makeDevice('a', 1, ['holding 5 u16'], {}, 5000), makeDevice('b', 2, ['holding 5 u16'], {}, 5000)];
    await using rig = new Rig(devices, { kind, window: 1 }, (bus) => {
      bus.slaves.set(1, says(seal, '83 06'));
      bus.slaves.set(2, answers(seal, 10));
    }).read();
    await rig.clock.advance(100);
    expect(rig.take('b')).toEqual(['5']);
  });

  test.each([1, 2])('a request that is not answered is repeated %d times within its poll', async (retries) => {
    let lost = 0;
    const device = makeDevice('a', 1, ['holding 5 u16', 'holding 6 u16'], { retries }, 10_000, { timeout: '200ms' });
    await using rig = new Rig([device], { kind }, (bus) => {
      bus.slaves.set(1, (asked) => (lost-- > 0 ? [] : [{ afterMs: 10, bytes: right(seal, asked) }]));
    }).read();
    await rig.clock.advance(100);
    lost = retries;
    await rig.clock.advance(12_000);
    expect(rig.take('a')).toEqual(['5', '6', '5', '6']);
    expect(rig.link.status().counters).toMatchObject({ retries, timeouts: retries });
  });

  test('by default it is not repeated, and no more often than the profile says', async () => {
    for (const [retries, asked] of [
      [0, 1],
      [2, 3],
    ] as const) {
      const device = makeDevice('a', 1, ['holding 5 u16'], {}, 60_000, { timeout: '200ms', retries });
      const other = makeDevice('b', 2, ['holding 5 u16'], {}, 100);
      await using rig = new Rig([device, other], { kind }, (bus) => {
        bus.slaves.set(1, silent);
        bus.slaves.set(2, answers(seal, 10));
      }).read();
      await rig.clock.advance(3000);
      expect(rig.bus.count(1)).toBe(asked);
      expect(rig.take('a')).toEqual(['!no-answer']);
    }
  });

  test('a device has a time-out of its own', async () => {
    const slow = makeDevice('slow', 1, ['holding 5 u16'], { timeout: '3s' }, 5000);
    const quick = makeDevice('quick', 2, ['holding 5 u16'], { timeout: '3s' }, 5000, { timeout: '100ms' });
    await using rig = new Rig([slow, quick], { kind, timeoutMs: 500 }, (bus) => {
      bus.slaves.set(1, answers(seal, 2500));
      bus.slaves.set(2, answers(seal, 2500));
    }).read();
    await rig.clock.advance(4900);
    expect([rig.take('slow'), rig.take('quick')]).toEqual([['5'], ['!no-answer']]);
  });

  test('a device rests after each of its replies; the others are asked meanwhile', async () => {
    const points = ['holding 5 u16', 'holding 500 u16'];
    const devices = [
      makeDevice('a', 1, points, {}, 5000, { turnaround: '300ms' }),
      makeDevice('b', 2, points, {}, 5000),
    ];
    await using rig = new Rig(devices, { kind, window: 1 }, (bus) => {
      for (const unit of [1, 2]) bus.slaves.set(unit, answers(seal, 10));
    }).read();
    await rig.clock.advance(1000);
    expect(rig.bus.asked.map(({ unit, address }) => `${unit}@${address}`)).toEqual(['1@5', '2@5', '2@500', '1@500']);
    const [first, , , last] = rig.bus.asked;
    expect((last?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(310);
    expect([rig.take('a'), rig.take('b')]).toEqual(Array(2).fill(['5', '500']));
  });
});

describe('one answer that does not come, or is spoilt', () => {
  const cases = ['lost', 'spoilt'].flatMap((how) => [1, 20].map((units) => ({ how, units })));
  test.each(cases)(
    '$how, of $units units: it costs one reading, and makes no gap of three periods',
    async ({ how, units }) => {
      const devices = Array.from({ length: units }, (_, nth) => makeDevice(`d${nth + 1}`, nth + 1, ['holding 5 u16']));
      await using rig = new Rig(devices).read();
      let isWrong = false;
      for (let unit = 1; unit <= units; unit++) {
        rig.bus.slaves.set(unit, (asked) => {
          const bytes = right(rtuSeal, asked);
          const isNow = isWrong && asked.unit === 1;
          if (isNow) isWrong = false;
          if (isNow && how === 'lost') return [];
          if (isNow) bytes.writeUInt8(bytes.readUInt8(4) ^ 1, 4);
          return [{ afterMs: 20, bytes }];
        });
      }
      await rig.clock.advance(20_500);
      isWrong = true;
      await rig.clock.advance(10_000);
      const readings = rig.batches.flat().filter(({ point }) => point.startsWith('d1/'));
      expect(readings.filter(({ quality }) => quality === 'bad')).toHaveLength(1);
      const good = readings.filter(({ quality }) => quality === 'good').map(({ tick }) => tick);
      expect(Math.max(...good.slice(1).map((tick, nth) => tick - (good[nth] ?? 0)))).toBeLessThan(2900);
      expect(rig.bus.collisions).toBe(0);
    },
  );
});

describe('a late reply to a request that was repeated', () => {
  test.each([250, 390, 410, 600, 790, 1500])('%d ms late is never taken for another', async (late) => {
    const device = makeDevice('a', 1, ['holding 5 u16', 'holding 500 u16'], { retries: 2 }, 1000, { timeout: '200ms' });
    await using rig = new Rig([device], {}).read();
    let nth = 0;
    let freeAt = 0;
    rig.bus.slaves.set(1, (asked) => {
      nth++;
      const { tick } = rig.clock;
      freeAt = Math.max(freeAt + 15, tick() + (nth % 7 === 3 ? late : 20));
      return [{ afterMs: freeAt - tick(), bytes: right(rtuSeal, asked) }];
    });
    await rig.clock.advance(60_000);
    const wrong = rig.batches
      .flat()
      .filter(({ point, value }) => typeof value === 'number' && !point.endsWith(`-${value}`));
    expect(wrong).toEqual([]);
    expect(rig.take('a').filter((text) => text === '5').length).toBeGreaterThan(5);
  });
});

describe('two rates in one device', () => {
  test('a point with a period of its own is asked for apart, by its own timetable', async () => {
    const points = [
      makePoint('a', 'holding 5 u16', {}, { everyMs: 1000 }),
      makePoint('a', 'holding 6 u16', {}, { everyMs: 10_000 }),
      makePoint('a', 'holding 7 u16', {}, { everyMs: 1000 }),
    ];
    await using rig = new Rig([makeDevice('a', 1, points)], {}, (bus) =>
      bus.slaves.set(1, answers(rtuSeal, 10)),
    ).read();
    await rig.clock.advance(30_500);
    const asked = rig.bus.asked.map(({ address, count }) => `${address}+${count}`);
    expect(asked.filter((text) => text === '5+3')).toHaveLength(31);
    expect(asked.filter((text) => text === '6+1')).toHaveLength(4);
    expect(rig.link.status().counters.missed).toBe(0);
  });
});

describe('a register that is not there', () => {
  const READS = ['holding 0 u16', 'holding 1 u16', 'holding 2 u16', 'holding 3 u16', 'holding 4 u16'];
  const open = (have: readonly number[], points = READS, everyMs = 1000) => {
    const slave = new MemorySlave(rtuSeal, 5, Object.fromEntries(have.map((address) => [address, address + 100])));
    const rig = new Rig([makeDevice('a', 1, points, {}, everyMs)], {}, (bus) => bus.slaves.set(1, slave.behave)).read();
    return { slave, rig };
  };

  test.each<[string, number[], string[], string[]]>([
    ['the first of five', [1, 2, 3, 4], READS, ['!exception-2', '101', '102', '103', '104']],
    ['one in the middle', [0, 1, 3, 4], READS, ['100', '101', '!exception-2', '103', '104']],
    ['the last', [0, 1, 2, 3], READS, ['100', '101', '102', '103', '!exception-2']],
    ['two of them', [0, 2, 4], READS, ['100', '!exception-2', '102', '!exception-2', '104']],
    ['all but one', [3], READS, ['!exception-2', '!exception-2', '!exception-2', '103', '!exception-2']],
    [
      'one that nobody asked for',
      [0, 1, 5, 6],
      ['holding 0 u16', 'holding 1 u16', 'holding 5 u32'],
      ['100', '101', '6881386'],
    ],
    ['all', [9], READS, Array(5).fill('!exception-2')],
  ])('%s: costs its own point alone, within the first poll', async (_, have, points, expected) => {
    const { rig } = open(have, points);
    await using _rig = rig;
    await rig.clock.advance(950);
    expect(rig.take('a')).toEqual(expected);
    expect(rig.link.status().devices).toEqual({ a: { answers: true } });
  });

  test('is looked for once, then left out, and asked for again after ten minutes', async () => {
    const { rig, slave } = open([0, 1, 3, 4]);
    await using _rig = rig;
    await rig.clock.advance(950);
    const { illegal } = rig.link.status().counters;
    expect(illegal).toBe(3);
    rig.bus.asked.length = 0;
    await rig.clock.advance(60_000);
    expect(rig.link.status().counters.illegal).toBe(illegal);
    expect(new Set(rig.bus.asked.map(({ address, count }) => `${address}+${count}`))).toEqual(new Set(['0+2', '3+2']));
    slave.registers.set(2, 7);
    rig.forget();
    await rig.clock.advance(600_000);
    expect(rig.take('a').slice(-5)).toEqual(['100', '101', '7', '103', '104']);
  });

  test('a unit that refuses everything is not believed: it is asked as planned, and heard as soon as it is ready', async () => {
    const { rig, slave } = open([9]);
    await using _rig = rig;
    await rig.clock.advance(950);
    rig.bus.asked.length = 0;
    await rig.clock.advance(5000);
    expect(new Set(rig.bus.asked.map(({ address, count }) => `${address}+${count}`))).toEqual(new Set(['0+5']));
    for (const address of [0, 1, 2, 3, 4]) slave.registers.set(address, address);
    rig.forget();
    await rig.clock.advance(1000);
    expect(rig.take('a')).toEqual(['0', '1', '2', '3', '4']);
  });
});

describe('a device that warms up', () => {
  const device = makeDevice('a', 1, ['holding 5 u16', makePoint('a', 'holding 7 u16', {}, { invalid: [7] })], {
    warmUp: '30s',
  });
  const quality = (rig: Rig) =>
    rig.batches
      .flat()
      .slice(-2)
      .map((reading) => reading.code ?? reading.quality);

  test('is uncertain for so long after it was away, and not at a start at which it answers', async () => {
    await using rig = new Rig([device], {}, (bus) => bus.slaves.set(1, answers(rtuSeal, 10))).read();
    await rig.clock.advance(5000);
    expect(quality(rig)).toEqual(['good', 'no-value']);
    rig.bus.slaves.set(1, silent);
    await rig.clock.advance(20_000);
    expect(quality(rig)).toEqual(['no-answer', 'no-answer']);
    rig.bus.slaves.set(1, answers(rtuSeal, 10));
    await rig.clock.advance(20_000);
    expect(quality(rig)).toEqual(['warm-up', 'no-value']);
    expect(rig.batches.flat().at(-2)).toMatchObject({ value: 5, quality: 'uncertain' });
    await rig.clock.advance(30_000);
    expect(quality(rig)).toEqual(['good', 'no-value']);
  });
});

describe('integers of 64 bits', () => {
  test.each<[string, string, string]>([
    ['u64', '001F FFFF FFFF FFFF', '9007199254740991'],
    ['u64', '0020 0000 0000 0000', '!out-of-range'],
    ['u64', 'FFFF FFFF FFFF FFFF', '!out-of-range'],
    ['s64', 'FFFF FFFF FFFF FFFE', '-2'],
    ['s64', 'FFE0 0000 0000 0001', '-9007199254740991'],
    ['s64', 'FFE0 0000 0000 0000', '!out-of-range'],
    ['f64', '4350 0000 0000 0001', '18014398509481988'],
  ])('a %s of %s is %s: what a number cannot hold exactly is bad', async (type, words, expected) => {
    const registers = Object.fromEntries(words.split(' ').map((word, at) => [at, Number.parseInt(word, 16)]));
    const slave = new MemorySlave(rtuSeal, 5, registers);
    const device = makeDevice('a', 1, [`holding 0 ${type}`]);
    await using rig = new Rig([device], {}, (bus) => bus.slaves.set(1, slave.behave)).read();
    await rig.clock.advance(100);
    expect(rig.take('a')).toEqual([expected]);
  });
});
