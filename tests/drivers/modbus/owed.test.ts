import { describe, expect, test } from 'vitest';
import { type Asked, type Behaviour, right, rtuSeal } from './fake-bus.ts';
import { Rig } from './rig.ts';
import { makeDevice, makePoint } from './site.ts';

const TIMEOUT_MS = 200;
const LATE = [205, 220, 250, 300, 390, 405, 450, 590, 790];

/** Answers one request after the other, some of them late; each register holds its own address, what is written is kept. */
class SlowSlave {
  readonly #rig: Rig;
  #freeAt = 0;
  #nth = 0;
  /** Of its requests that one is answered so late, ms. */
  late: (nth: number, asked: Asked) => number | undefined = () => undefined;
  written: number | undefined;

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  readonly behave: Behaviour = (asked) => {
    const { tick } = this.#rig.clock;
    this.#freeAt = Math.max(this.#freeAt + 15, tick() + (this.late(this.#nth++, asked) ?? 20));
    return [{ afterMs: this.#freeAt - tick(), bytes: this.#answer(asked) }];
  };

  #answer(asked: Asked): Buffer {
    if (asked.code === 6) {
      this.written = asked.count;
      return rtuSeal(asked, (asked.pdu ?? Buffer.alloc(5)).subarray(0, 5));
    }
    return right(rtuSeal, asked, asked.address === 77 ? this.written : undefined);
  }
}

const open = (devices: Parameters<typeof makeDevice>[], late: SlowSlave['late']) => {
  const rig = new Rig(
    devices.map((each) => makeDevice(...each)),
    { timeoutMs: TIMEOUT_MS },
  ).read();
  const slave = new SlowSlave(rig);
  slave.late = late;
  rig.bus.slaves.set(1, slave.behave);
  return rig;
};

/** Readings whose value is not what stands at their address. */
const wrongOf = (rig: Rig) =>
  rig.batches
    .flat()
    .filter(({ point, value }) => typeof value === 'number' && !point.endsWith(`-${value}`) && !point.endsWith('-77'));

describe.each(LATE)('an answer %d ms after its request is never taken for that of another', (late) => {
  test('when it is as long as the greeting, and what it answers is asked again', async () => {
    const points = ['holding 5 u16', 'holding 6 u16', 'holding 500 u16'];
    await using rig = open([['a', 1, points, { retries: 2 }]], (nth) => (nth % 7 === 3 ? late : undefined));
    await rig.clock.advance(60_000);
    expect(wrongOf(rig)).toEqual([]);
    expect(rig.take('a').filter((text) => text === '500').length).toBeGreaterThan(5);
  });

  test('when a poll of another rate is as long', async () => {
    const points = [
      makePoint('a', 'holding 5 u16', {}, { everyMs: 1000 }),
      makePoint('a', 'holding 6 u16', {}, { everyMs: 1000 }),
      makePoint('a', 'holding 500 u16', {}, { everyMs: 300 }),
    ];
    await using rig = open([['a', 1, points, { retries: 1 }]], (nth) => (nth % 7 === 3 ? late : undefined));
    await rig.clock.advance(60_000);
    expect(wrongOf(rig)).toEqual([]);
  });

  test('when it shows what was written', async () => {
    const point = makePoint('a', 'holding 77 u16', { write: 6 }, { everyMs: 300 });
    let before = 0;
    await using rig = open([['a', 1, ['holding 500 u16', point]]], (_, { code }) => {
      const isLook = before === 6 && code === 3;
      before = code;
      return isLook ? late : undefined;
    });
    for (let value = 1; value < 20; value++) {
      void rig.link.write?.('a/holding-77', value);
      await rig.clock.advance(2000 + value * 37);
    }
    expect(wrongOf(rig)).toEqual([]);
  });

  test('when a job has asked', async () => {
    await using rig = open([['a', 1, ['holding 500 u16'], {}, 300]], (_, { address }) =>
      address === 9 ? late : undefined,
    );
    const line = rig.link.borrow?.();
    for (let nth = 0; nth < 10; nth++) {
      const question = { unit: 1, table: 'holding', address: 9, count: 1, timeoutMs: 100 } as const;
      void line?.ask(question, new AbortController().signal);
      await rig.clock.advance(2000 + nth * 37);
    }
    expect(wrongOf(rig)).toEqual([]);
    expect(rig.link.status().devices.a?.answers).toBe(true);
  });

  test('when its device has been edited meanwhile', async () => {
    await using rig = open([['a', 1, ['holding 5 u16']]], (_, { address }) => (address === 5 ? late : undefined));
    await rig.clock.advance(60);
    rig.link.change?.([makeDevice('a', 1, ['holding 500 u16'])])?.();
    await rig.clock.advance(5000);
    expect(wrongOf(rig)).toEqual([]);
    expect(rig.take('a')).toContain('500');
  });

  test('when its device was edited after its time-out', async () => {
    await using rig = open([['a', 1, ['holding 5 u16']]], (_, { address }) => (address === 5 ? late : undefined));
    await rig.clock.advance(TIMEOUT_MS + 40);
    rig.link.change?.([makeDevice('a', 1, ['holding 500 u16'])])?.();
    await rig.clock.advance(5000);
    expect(wrongOf(rig)).toEqual([]);
    expect(rig.take('a')).toContain('500');
  });
});
