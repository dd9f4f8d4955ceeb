import { describe, expect, test } from 'vitest';
import { Fault } from '../../../gateway/kit/fault.ts';
import { answers, type Behaviour, right, rtuSeal, silent, tcpSeal } from './fake-bus.ts';
import { Rig } from './rig.ts';
import { makeDevice, makePoint } from './site.ts';
import { hex } from './vectors.ts';

const gone = new Fault('modbus-unreachable', 'no such port');

test('polls once at the start, then on whole multiples of the period; a batch has one time', async () => {
  const device = makeDevice('a', 1, ['holding 5 u16', 'holding 7 u16'], {}, 5000);
  await using rig = new Rig([device], { start: '2026-07-15T22:00:01.300Z' }, (bus) => {
    bus.slaves.set(1, answers(rtuSeal, 20));
  }).read();
  await rig.clock.advance(15_000);
  const times = rig.batches.map(([first]) => new Date(first?.at ?? 0).toISOString().slice(17, 22));
  expect(times).toEqual(['01.32', '05.02', '10.02', '15.02']);
  for (const batch of rig.batches) {
    expect(batch.map(({ value }) => value)).toEqual([5, 7]);
    expect(new Set(batch.map(({ at }) => at)).size).toBe(1);
    expect(new Set(batch.map(({ tick }) => tick)).size).toBe(1);
  }
  expect(rig.bus.asked).toHaveLength(4);
});

test('raw values are judged: scale, range, invalid, states, bits', async () => {
  const device = makeDevice('a', 1, [
    makePoint('a', 'holding 583 u16', { scale: 0.1 }),
    makePoint('a', 'holding 584 u16', { scale: 0.1 }, { range: [0, 50] }),
    makePoint('a', 'holding 585 u16', {}, { invalid: [585] }),
    makePoint('a', 'holding 586 u16', {}, { states: { 586: 'alarm' } }),
    makePoint('a', 'holding 587 u16', {}, { states: { 0: 'normal' } }),
    makePoint('a', 'holding 588 bit', { bit: 2 }, { states: { 0: 'off', 1: 'on' } }),
    makePoint('a', 'coil 3 bit'),
  ]);
  await using rig = new Rig([device], {}, (bus) => bus.slaves.set(1, answers(rtuSeal, 5))).read();
  await rig.clock.advance(100);
  expect(rig.take('a')).toEqual(['58.3', '!out-of-range', '!no-value', 'alarm', '!unknown-state', 'on', '1']);
});

describe('a link that is away', () => {
  test('gives bad readings each period without touching the wire, tries again ever more rarely, and comes back', async () => {
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16'])], {}, (bus) => {
      bus.fault = gone;
      bus.slaves.set(1, answers(rtuSeal, 5));
    }).read();
    await rig.clock.advance(60_500);
    expect(rig.take('a')).toHaveLength(61);
    expect(new Set(rig.take('a'))).toEqual(new Set(['!link-down']));
    expect(rig.bus.opens).toBeGreaterThan(5);
    expect(rig.bus.opens).toBeLessThan(12);
    expect(rig.link.status()).toMatchObject({
      error: 'no such port',
      devices: { a: { answers: false, code: 'link-down' } },
    });
    rig.bus.fault = undefined;
    rig.forget();
    await rig.clock.advance(32_000);
    expect(rig.take('a').at(-1)).toBe('5');
    expect(rig.link.status()).toMatchObject({ state: 'up', devices: { a: { answers: true } } });
    expect(rig.link.status().error).toBeUndefined();
  });

  test('pulled in the midst of a poll: link-down at once, and a new port soon after', async () => {
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16'])], {}, (bus) => {
      bus.slaves.set(1, answers(rtuSeal, 500));
    }).read();
    await rig.clock.advance(200);
    rig.bus.drop(gone);
    await rig.clock.advance(1);
    expect(rig.take('a')).toEqual(['!link-down']);
    await rig.clock.advance(2500);
    expect(rig.take('a').slice(1)).toEqual(['5', '5']);
    expect(rig.bus.opens).toBe(2);
  });

  test('a server that accepts and says nothing is connected to anew', async () => {
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16'])], { kind: 'tcp' }, (bus) =>
      bus.slaves.set(1, silent),
    ).read();
    await rig.clock.advance(30_000);
    expect(rig.bus.opens).toBeGreaterThan(1);
    rig.bus.slaves.set(1, answers(tcpSeal, 5));
    rig.forget();
    await rig.clock.advance(10_000);
    expect(rig.take('a').at(-1)).toBe('5');
  });

  test('a server that talks nonsense is left alone ever longer', async () => {
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16'])], { kind: 'tcp' }, (bus) => {
      bus.slaves.set(1, () => [{ afterMs: 1, bytes: hex('DE AD BE EF DE AD BE EF') }]);
    }).read();
    await rig.clock.advance(60_000);
    expect(rig.bus.opens).toBeLessThan(12);
    expect(rig.link.status().counters.nonsense).toBeGreaterThan(3);
  });
});

describe('a unit that does not answer', () => {
  test('gives one bad reading each period', async () => {
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16'])], {}, (bus) => bus.slaves.set(1, silent)).read();
    await rig.clock.advance(20_500);
    expect(rig.take('a').length).toBeGreaterThanOrEqual(19);
    expect(new Set(rig.take('a'))).toEqual(new Set(['!no-answer']));
    expect(rig.link.status().devices).toEqual({ a: { answers: false, code: 'no-answer' } });
  });

  test('is not asked for its second block', async () => {
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16', 'holding 500 u16'])], {}, (bus) => {
      bus.slaves.set(1, silent);
    }).read();
    await rig.clock.advance(1100);
    expect(rig.bus.asked).toHaveLength(1);
    expect(rig.take('a')).toEqual(['!no-answer', '!no-answer']);
  });

  test('costs nothing of an idle line, and is back within its period', async () => {
    const devices = [makeDevice('a', 1, ['holding 5 u16'], {}, 5000), makeDevice('b', 2, ['holding 6 u16'], {}, 5000)];
    await using rig = new Rig(devices, {}, (bus) => {
      bus.slaves.set(1, silent);
      bus.slaves.set(2, answers(rtuSeal, 10));
    }).read();
    await rig.clock.advance(60_100);
    expect(rig.take('b')).toHaveLength(13);
    expect(rig.bus.count(1)).toBeGreaterThan(10);
    rig.bus.slaves.set(1, answers(rtuSeal, 10));
    rig.forget();
    // One register only: after it is heard it rests for a time-out before it is believed.
    await rig.clock.advance(6200);
    expect(rig.take('a')).toContain('5');
  });

  test('a lost reply is asked for again at the next period', async () => {
    let lost = false;
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16'], {}, 5000)], {}, (bus) => {
      bus.slaves.set(1, (asked) => (lost ? [] : [{ afterMs: 10, bytes: right(rtuSeal, asked) }]));
    }).read();
    await rig.clock.advance(100);
    lost = true;
    await rig.clock.advance(6500);
    lost = false;
    await rig.clock.advance(5000);
    expect(rig.take('a')).toEqual(['5', '!no-answer', '5']);
  });

  test('the gateway in between that does not reach it counts as no answer', async () => {
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16'])], { kind: 'tcp' }, (bus) => {
      bus.slaves.set(1, (asked) => [{ afterMs: 400, bytes: tcpSeal(asked, hex('83 0B')) }]);
    }).read();
    await rig.clock.advance(600);
    expect(rig.take('a')).toEqual(['!exception-11']);
    expect(rig.link.status().devices).toEqual({ a: { answers: false, code: 'exception-11' } });
  });
});

test('an exception spoils its own block only', async () => {
  await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16', 'holding 500 u16'])], {}, (bus) => {
    bus.slaves.set(1, (asked) => [
      { afterMs: 10, bytes: asked.address === 5 ? rtuSeal(asked, hex('83 02')) : right(rtuSeal, asked) },
    ]);
  }).read();
  await rig.clock.advance(100);
  expect(rig.take('a')).toEqual(['!exception-2', '500']);
});

test('a poll that cannot keep its time skips and never queues up', async () => {
  await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16'], {}, 100)], {}, (bus) => {
    bus.slaves.set(1, answers(rtuSeal, 250));
  }).read();
  await rig.clock.advance(3000);
  // 250 ms and the silence: every third period.
  expect(rig.take('a')).toHaveLength(10);
  expect(rig.link.status().counters.missed).toBe(20);
});

/**
 * A slave whose registers tell how often it was asked, odd for the block at 500; each reply so late, and never before
 * the replies to what it was asked before.
 */
const counting = (clock: () => number, delay: (nth: number) => number): Behaviour => {
  let nth = 0;
  let busyUntil = 0;
  return (asked) => {
    nth++;
    busyUntil = Math.max(busyUntil + 15, clock() + delay(nth));
    return [{ afterMs: busyUntil - clock(), bytes: right(rtuSeal, asked, nth * 2 + (asked.address < 500 ? 0 : 1)) }];
  };
};

describe('a late reply is never taken for the next answer', () => {
  const points = {
    one: ['holding 5 u16'],
    two: ['holding 5 u16', 'holding 6 u16'],
    apart: ['holding 5 u16', 'holding 500 u16'],
  };
  const cases = Object.entries(points).flatMap(([shape, list]) =>
    [1050, 1300, 1990, 2010, 3500, 4990, 5010, 6000, 9900, 25_700].flatMap((late) =>
      [1000, 5000].map((everyMs) => ({ shape, list, late, everyMs })),
    ),
  );
  test.each(cases)(
    '$shape register(s) each $everyMs ms, some replies $late ms late',
    async ({ list, late, everyMs }) => {
      // Right, then three late ones, then right again.
      await using rig = new Rig([makeDevice('a', 1, list, {}, everyMs)]).read();
      const { tick } = rig.clock;
      rig.bus.slaves.set(
        1,
        counting(tick, (nth) => (nth % 10 >= 3 && nth % 10 <= 5 ? late : 20)),
      );
      const stale: string[] = [];
      let good = 0;
      for (let step = 0; step < 240; step++) {
        await rig.clock.advance(500);
        const asked = rig.bus.count(1);
        for (const { point, value } of rig.batches.flat()) {
          if (typeof value !== 'number') continue;
          good++;
          const isOther = point.endsWith('-500') !== (value % 2 === 1) && !point.endsWith('-6');
          // Within one step at most: the greeting and the blocks of one poll.
          if (isOther || value / 2 < asked - 3) stale.push(`${point} ${value / 2} of ${asked}`);
        }
        rig.forget();
      }
      expect(stale).toEqual([]);
      expect(good).toBeGreaterThan(3);
    },
  );

  test('a unit that is always late is waited for, and then gives its values', async () => {
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16'], {}, 5000)], {}, (bus) => {
      bus.slaves.set(1, answers(rtuSeal, 1300));
    }).read();
    await rig.clock.advance(30_000);
    expect(rig.link.status().counters.late).toBe(1);
    expect(rig.take('a').slice(-3)).toEqual(['5', '5', '5']);
  });
});

describe('bounds', () => {
  test('a reader that stalls is owed a bounded number of polls', async () => {
    await using rig = new Rig([makeDevice('a', 1, ['holding 5 u16'])], {}, (bus) =>
      bus.slaves.set(1, answers(rtuSeal, 10)),
    );
    await rig.clock.advance(100_500);
    rig.read();
    await rig.clock.advance(1);
    expect(rig.take('a')).toHaveLength(64);
    expect(rig.link.status().counters.dropped).toBe(101 - 64);
  });

  test('disposing ends the readings and leaves no timer behind', async () => {
    const rig = new Rig([makeDevice('a', 1, ['holding 5 u16'])], {}, (bus) => bus.slaves.set(1, silent)).read();
    await rig.clock.advance(300);
    await rig.link[Symbol.asyncDispose]();
    await rig.clock.advance(10_000);
    expect(rig.ended).toBe(true);
    expect(rig.bus.asked).toHaveLength(1);
    expect(rig.bus.opens).toBe(1);
  });
});
