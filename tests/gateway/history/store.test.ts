import { copyFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Reading } from '../../../drivers/reading.ts';
import { DAY_MS, HOUR_MS, leqOf, MINUTE_MS } from '../../../gateway/history/aggregate.ts';
import { columnsOf, packReadings, unpackReadings } from '../../../gateway/history/columns.ts';
import { BEGINNING, type Place } from '../../../gateway/history/history.ts';
import { HistoryStore, type HistoryStoreOptions } from '../../../gateway/history/history-store.ts';
import { reading, START } from './readings.ts';

let dir = '';
let open: HistoryStore | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gengfu-store-'));
});
afterEach(async () => {
  open?.close();
  open = undefined;
  await rm(dir, { recursive: true, force: true });
});

function openStore(more: Partial<HistoryStoreOptions> = {}): HistoryStore {
  open?.close();
  open = new HistoryStore({
    path: join(dir, 'history.db'),
    maxBytes: 1e9,
    maxDays: 90,
    aggregateDays: 400,
    keepFreeBytes: 0,
    segmentReadings: 1000,
    segmentMs: HOUR_MS,
    ...more,
  });
  return open;
}

const work = (store: HistoryStore) => {
  while (store.work());
};
const keepAll = (store: HistoryStore, readings: readonly Reading[]) =>
  store.write(packReadings(readings, (point) => point === 'noise-07/la'));
const write = (store: HistoryStore, readings: readonly Reading[]) => {
  keepAll(store, readings);
  work(store);
};
const journals = () => readdirSync(dir).filter((name) => name.startsWith('journal-'));

function readFrom(store: HistoryStore, from: Place = BEGINNING, limit = 100, after = 0): Reading[] {
  const all: Reading[] = [];
  for (let place = from; ; ) {
    const page = store.page(place, { after, limit });
    all.push(...unpackReadings(page.packed.buffer, page.packed.texts, (index) => page.packed.points[index]));
    const ticks = columnsOf(page.packed.buffer).tick;
    // Beyond the limit only what is of the last instant.
    expect(ticks.subarray(limit).every((tick) => tick === ticks[limit - 1])).toBe(true);
    if (page.isEnd) return all;
    place = page.place;
  }
}

/** One reading of a point every `stepS`. */
const steady = (
  fromS: number,
  count: number,
  stepS: number,
  value: (i: number) => Reading['value'],
  point = 'noise-07/la',
) => Array.from({ length: count }, (_, i) => reading(fromS + i * stepS, value(i), { point }));

const anyReading = fc.record({
  point: fc.constantFrom('noise-07/la', 'smoke-12/state', 'water-1/depth'),
  value: fc.oneof(
    fc.integer({ min: 0, max: 1200 }).map((tenths) => tenths / 10),
    fc.constantFrom('normal', 'alarm', '夜', null),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  ),
  quality: fc.constantFrom('good', 'uncertain', 'bad'),
  step: fc.constantFrom(0, 0, 0, 1, 1000, 61_000, -5000),
  wallStep: fc.constantFrom(0, 0, 0, 0, 1, 3_600_000, -3_600_000),
  code: fc.option(fc.constantFrom('no-answer', 'out-of-range'), { nil: undefined }),
  age: fc.option(fc.nat(100_000), { nil: undefined }),
  isLate: fc.boolean(),
});

describe('what was kept', () => {
  test('is the same, in its order and at its places, before and after it is packed, and over starts', () => {
    fc.assert(
      fc.property(
        fc.array(anyReading, { minLength: 1, maxLength: 120 }),
        fc.integer({ min: 1, max: 40 }),
        (list, size) => {
          open?.close();
          open = undefined;
          rmSync(dir, { recursive: true });
          let tick = START;
          let offset = 0;
          const readings = list.map(({ point, value, quality, step, wallStep, code, age, isLate }): Reading => {
            tick += step;
            offset += wallStep;
            const at = tick + offset;
            return {
              point,
              value,
              at,
              tick,
              quality: quality as Reading['quality'],
              ...(code !== undefined && { code }),
              ...(age !== undefined && { deviceAt: at - age }),
              ...(isLate && age !== undefined && { late: true as const }),
            };
          });
          let store = openStore({ segmentReadings: 3 * size });
          const ends: [place: Place, count: number][] = [];
          for (let i = 0; i < readings.length; i += size) {
            keepAll(store, readings.slice(i, i + size));
            ends.push([store.end(), Math.min(i + size, readings.length)]);
            if (i % 3 === 0) work(store);
            if (i % 5 === 0) store = openStore({ segmentReadings: 3 * size });
          }
          expect(readFrom(store)).toEqual(readings);
          work(store);
          expect(readFrom(store, BEGINNING, 7)).toEqual(readings);
          expect(readFrom(store, BEGINNING, 1)).toEqual(readings);
          for (const [place, count] of ends) {
            expect(readFrom(store, place)).toEqual(readings.slice(count));
            expect(store.countFrom(place)).toBe(readings.length - count);
          }
          const half = START + 30_000;
          expect(readFrom(store, BEGINNING, 11, half)).toEqual(readings.filter(({ at }) => at > half));
          expect(store.status.readings).toBe(readings.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('readings of one instant are in one page, however few were asked for', () => {
    const store = openStore({ segmentReadings: 500 });
    const points = Array.from({ length: 10 }, (_, n) => `d-${n}/p`);
    write(
      store,
      Array.from({ length: 60 }, (_, second) => points.map((point) => reading(second, 1, { point }))).flat(),
    );
    write(
      store,
      points.map((point) => reading(61, 1, { point })),
    );
    for (let place = BEGINNING; ; ) {
      const page = store.page(place, { after: 0, limit: 7 });
      const { tick } = columnsOf(page.packed.buffer);
      expect([tick.length, new Set(tick).size]).toEqual([10, 1]);
      if (page.isEnd) break;
      place = page.place;
    }
  });

  test('is packed when it is many or an hour, a point by itself, in one transaction, and its journal goes', () => {
    const store = openStore();
    write(
      store,
      steady(0, 999, 1, () => 50),
    );
    expect(journals()).toEqual(['journal-1']);
    write(store, [reading(999, 51), reading(1000, 'normal', { point: 'smoke-12/state' })]);
    expect(journals()).toEqual(['journal-2']);
    write(store, [reading(2000, 50), reading(2000 + 3600, 50)]);
    expect(journals()).toEqual(['journal-3']);
    expect(readFrom(store)).toHaveLength(1003);
  });

  test('a kill between the commit and the end of the journal gives nothing twice', () => {
    const store = openStore();
    const readings = steady(0, 1000, 1, (i) => i / 10);
    keepAll(store, readings);
    copyFileSync(join(dir, 'journal-1'), join(dir, 'kept'));
    work(store);
    store.close();
    open = undefined;
    copyFileSync(join(dir, 'kept'), join(dir, 'journal-1'));
    const again = openStore();
    expect(readFrom(again)).toEqual(readings);
    expect(journals()).toEqual(['journal-2']);
  });

  test('journals say what their points are: without their database they are read all the same', () => {
    const store = openStore();
    write(
      store,
      steady(0, 1000, 1, () => 1, 'first/a'),
    );
    const later = [...steady(1000, 10, 1, () => 2, 'second/b'), ...steady(1010, 10, 1, () => 3, 'first/a')];
    write(store, later);
    store.close();
    open = undefined;
    writeFileSync(join(dir, 'history.db'), 'nonsense '.repeat(1000));
    const again = openStore();
    expect(readFrom(again)).toEqual(later);
    write(
      again,
      steady(1020, 5, 1, () => 4, 'third/c'),
    );
    const last = openStore();
    expect(readFrom(last)).toEqual([...later, ...steady(1020, 5, 1, () => 4, 'third/c')]);
  });

  test('notes are there again, from the journal and from the database', () => {
    const store = openStore();
    expect(store.noted('influx')).toBeNull();
    store.note('influx', 'one');
    expect(openStore().noted('influx')).toBe('one');
    write(
      openStore(),
      steady(0, 1000, 1, () => 5),
    );
    expect(openStore().noted('influx')).toBe('one');
    open?.note('influx', 'two');
    expect(openStore().noted('influx')).toBe('two');
  });

  test('beyond eight journals that cannot be packed nothing more is taken', () => {
    const store = openStore({ segmentReadings: 10 });
    for (let i = 0; i < 8; i++)
      keepAll(
        store,
        steady(i * 10, 10, 1, () => 5),
      );
    expect(() =>
      keepAll(
        store,
        steady(80, 1, 1, () => 5),
      ),
    ).toThrow(/8 journals wait to be packed/);
    work(store);
    keepAll(
      store,
      steady(80, 1, 1, () => 5),
    );
    expect(readFrom(store)).toHaveLength(81);
  });
});

describe('minutes, hours and days', () => {
  const days = 20;
  const level = (i: number) => (i % 7 === 0 ? 70.1 : 55);
  const rowsOf = (store: HistoryStore, slotMs: typeof MINUTE_MS | typeof HOUR_MS | typeof DAY_MS) =>
    store.aggregates(slotMs, START - DAY_MS, START + days * DAY_MS, new Set(['noise-07/la']))[0]?.[1] ?? [];

  test('count each reading once, wherever it is at the time, over starts in the midst of it', () => {
    let store = openStore({ segmentMs: 6 * HOUR_MS });
    const count = days * 24 * 6;
    for (let i = 0; i < count; i += 6) {
      keepAll(
        store,
        steady(i * 600, 6, 600, (n) => level(i + n)),
      );
      // Not always all that could be done, and sometimes killed in the midst.
      for (let n = 0; n < 4 && store.work(); n++);
      if (i % 700 < 6) store = openStore({ segmentMs: 6 * HOUR_MS });
      if (i % 480 > 5) continue;
      for (const slotMs of [MINUTE_MS, HOUR_MS, DAY_MS] as const) {
        expect(
          rowsOf(store, slotMs).reduce((sum, row) => sum + row.count, 0),
          `${slotMs} at ${i}`,
        ).toBe(i + 6);
      }
    }
    work(store);
    const hours = rowsOf(store, HOUR_MS);
    expect(hours).toHaveLength(days * 24 + 1);
    const whole = rowsOf(store, DAY_MS)[3];
    expect(whole).toMatchObject({ count: 144, good: 144, min: 55, max: 70.1 });
    const loud = Math.round(((whole?.sum ?? 0) - 144 * 55) / 15.1);
    const energy = loud * 10 ** 7.01 + (144 - loud) * 10 ** 5.5;
    expect(whole && leqOf(whole)).toBeCloseTo(10 * Math.log10(energy / 144), 2);
  });

  test('outlive their readings, and a year is shown from them', () => {
    const store = openStore({ maxDays: 3, segmentMs: 6 * HOUR_MS });
    for (let day = 0; day < days; day++) {
      for (let hour = 0; hour < 24; hour += 6) {
        write(
          store,
          steady(day * 86_400 + hour * 3600, 360, 60, (i) => (day === 2 && hour === 6 && i === 5 ? 99.9 : 50)),
        );
      }
    }
    expect(store.status.oldestAt).toBeGreaterThan(START + 4 * DAY_MS);
    const values = (from: number, to: number) => store.series('noise-07/la', from, to, 5000).map(({ value }) => value);
    expect(values(START, START + 365 * DAY_MS)).toContain(99.9);
    expect(values(START, START + 60 * DAY_MS)).toContain(99.9);
    expect(values(START + DAY_MS, START + 4 * DAY_MS)).toContain(99.9);
    const minute = START + 2 * DAY_MS + 6 * HOUR_MS + 5 * MINUTE_MS;
    expect(store.series('noise-07/la', minute - HOUR_MS / 2, minute + HOUR_MS / 2, 100)).toContainEqual(
      expect.objectContaining({ at: minute, value: 99.9 }),
    );
  });
});

describe('bounds', () => {
  const noisy = (hour: number) => steady(hour * 3600, 600, 6, () => Math.random() * 100);

  test('of bytes: the oldest readings go first, then minutes; hours stay', () => {
    const store = openStore({ maxBytes: 300_000, segmentReadings: 600 });
    for (let hour = 0; hour < 24 * 5; hour++) write(store, noisy(hour));
    const { bytes, readings, oldestAt } = store.status;
    expect(bytes).toBeLessThan(320_000);
    expect(readings).toBeGreaterThan(5000);
    expect(readings).toBeLessThan(24 * 5 * 600 * 0.8);
    const all = readFrom(store);
    expect(all.length).toBe(readings);
    expect(all[0]?.at).toBe(oldestAt);
    const hours = store.aggregates(HOUR_MS, START - HOUR_MS, START + 5 * DAY_MS)[0]?.[1] ?? [];
    expect(hours.reduce((sum, row) => sum + row.count, 0)).toBe(24 * 5 * 600);
    const page = store.page({ segment: 1, index: 5 }, { after: 0, limit: 1 });
    expect([page.isGap, page.packed.points.length]).toEqual([true, 1]);
  });

  test('of days: readings and minutes that are older go', () => {
    const store = openStore({ maxDays: 2, aggregateDays: 4, segmentReadings: 600 });
    for (let hour = 0; hour < 24 * 7; hour++) write(store, noisy(hour));
    const end = START + 7 * DAY_MS;
    // What is believed to be now is a day behind.
    expect(end - (store.status.oldestAt ?? 0)).toBeLessThan(3.2 * DAY_MS);
    expect(end - (store.status.oldestAt ?? 0)).toBeGreaterThan(2 * DAY_MS);
    const oldest = (slotMs: typeof MINUTE_MS | typeof HOUR_MS) =>
      store.aggregates(slotMs, START, end)[0]?.[1][0]?.from ?? 0;
    expect(end - oldest(MINUTE_MS)).toBeLessThan(5.2 * DAY_MS);
    expect(end - oldest(MINUTE_MS)).toBeGreaterThan(4 * DAY_MS);
  });

  test('a wall clock that is years ahead for a while ages nothing', () => {
    const store = openStore({ segmentReadings: 600 });
    for (let hour = 0; hour < 30; hour++) write(store, noisy(hour));
    for (let hour = 0; hour < 10; hour++) write(store, noisy(hour + 10 * 365 * 24));
    for (let hour = 30; hour < 40; hour++) write(store, noisy(hour));
    expect(store.status).toMatchObject({ readings: 50 * 600, oldestAt: START });
    const hours = store.aggregates(HOUR_MS, START - HOUR_MS, START + 2 * DAY_MS)[0]?.[1] ?? [];
    expect(hours.reduce((sum, row) => sum + row.count, 0)).toBe(40 * 600);
  });
});
