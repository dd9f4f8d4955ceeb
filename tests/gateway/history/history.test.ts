import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import type { Reading } from '../../../drivers/reading.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { start, until } from '../../tools/program.ts';
import { temporaryDirectory } from '../ledger/drafts.ts';
import { mountRefused, mountSmallDisk } from '../ledger/small-disk.ts';
import { allSince, openTestHistory, reading, START } from './readings.ts';

const refused = mountRefused();
const onDisk = refused === undefined ? test : test.skip;
const why = refused === undefined ? '' : ` (needs the right to mount: ${refused})`;

const HOUR = 3600;
/** One reading a second. */
const seconds = (
  from: number,
  to: number,
  value: (second: number) => Reading['value'] = (second) => second,
): Reading[] => Array.from({ length: to - from }, (_, index) => reading(from + index, value(from + index)));

describe('readings', () => {
  test('are all there again, oldest first, from a time on, of all points or some, and over openings', async () => {
    await using dir = await temporaryDirectory();
    const kept = [
      ...seconds(0, 100),
      reading(100, null, { quality: 'bad', code: 'no-answer' }),
      reading(100, 'alarm', { point: 'smoke-12/state', deviceAt: START + 99_500 }),
    ];
    {
      await using history = await openTestHistory(dir.path);
      for (const one of kept) history.keep([one]);
      expect(await allSince(history, 0)).toEqual(kept);
      history.keep([reading(101, 5)]);
    }
    await using history = await openTestHistory(dir.path);
    expect(history.status()).toMatchObject({ readings: 103, dropped: 0, oldestAt: START });
    expect(await allSince(history, START + 99_000)).toEqual([...kept.slice(100), reading(101, 5)]);
    expect(await allSince(history, START, new Set(['smoke-12/state', 'other/x']))).toEqual(kept.slice(-1));
    expect(await allSince(history, START + 101_000)).toEqual([]);
  });

  test('that were late keep their mark, and are in no series', async () => {
    await using dir = await temporaryDirectory();
    await using history = await openTestHistory(dir.path);
    const kept = [reading(0, 50), reading(1, 99, { deviceAt: START - 9_000_000, late: true }), reading(70, 51)];
    history.keep(kept);
    expect(await allSince(history, 0)).toEqual(kept);
    for (const span of [HOUR, 2 * HOUR]) {
      const { value } = await history.series('noise-07/la', START, START + span * 1000, 100);
      expect(value, `${span} s`).toEqual([50, 51]);
    }
  });

  test('are written once a beat, in one batch', async () => {
    await using dir = await temporaryDirectory();
    const wire = new FakeClock();
    await using history = await openTestHistory(dir.path, { wire });
    history.keep(seconds(0, 3));
    await wire.advance(899);
    history.keep(seconds(3, 5));
    expect(history.status().readings).toBe(0);
    await wire.advance(1);
    await until(() => history.status().readings === 5, 'the batch to be stored');
    await wire.advance(10_000);
    expect(history.status().readings).toBe(5);
  });

  test('beyond 100,000 that wait, the oldest go and are counted', async () => {
    await using dir = await temporaryDirectory();
    await using history = await openTestHistory(dir.path, { wire: new FakeClock() });
    history.keep(seconds(0, 60_000));
    history.keep(seconds(60_000, 100_007));
    expect(history.status().dropped).toBe(7);
    const all = await allSince(history, 0);
    expect([all.length, all[0]?.value]).toEqual([100_000, 7]);
  });

  test('kill -9 takes no more than the last second', async () => {
    await using dir = await temporaryDirectory();
    await using storm = start(process.execPath, [join(import.meta.dirname, 'storm.ts'), dir.path]);
    const told = () =>
      [...storm.output().matchAll(/^kept (\d+) (\d+)\n/gm)].map(
        ([, at, stored]) => [Number(at), Number(stored)] as const,
      );
    /** How old the oldest that waited was when it was stored, a beat each, in ms. */
    const waits = () => {
      const all = told();
      const beats = [...Map.groupBy(all, ([, stored]) => stored)].slice(0, -1);
      return beats.map(([stored, lines]) => (lines.at(-1)?.[0] ?? 0) - (all[stored / 50]?.[0] ?? 0));
    };
    // One second, and as much again for a machine that is busy; where it stood still in one beat there is the next.
    await until(
      () => waits().length >= 3 && Math.min(...waits()) < 2000,
      () => `a storm whose readings are stored soon: ${waits()}, ${storm.output().slice(-300)}`,
    );
    storm.process.kill('SIGKILL');
    await storm.ended();
    await using history = await openTestHistory(dir.path);
    const kept = new Set((await allSince(history, 0)).map(({ at }) => at));
    const all = told();
    // What was said to be stored is on disk.
    const stored = (all.at(-1)?.[1] ?? 0) / 50;
    expect(stored).toBeGreaterThan(0);
    expect(all.slice(0, stored).filter(([at]) => !kept.has(at))).toEqual([]);
  });
});

describe('a series', () => {
  test('of up to an hour is of the readings themselves; of a point nobody knows it is empty', async () => {
    await using dir = await temporaryDirectory();
    await using history = await openTestHistory(dir.path);
    history.keep([...seconds(0, 10), reading(10, null, { quality: 'bad' }), reading(11, 3, { quality: 'uncertain' })]);
    await allSince(history, 0);
    expect(await history.series('noise-07/la', START + 8000, START + HOUR * 1000, 100)).toEqual({
      point: 'noise-07/la',
      at: [8, 9, 10, 11].map((second) => START + second * 1000),
      value: [8, 9, null, 3],
      quality: ['good', 'good', 'bad', 'uncertain'],
    });
    expect((await history.series('noise-07/la', START, START + 9000, 4)).value).toEqual([0, 4, 5, 9]);
    expect((await history.series('nobody/x', START, START + 9000, 4)).at).toEqual([]);
  });

  test('of a longer time is of the minutes: real values at their own times, a gap seen, an alarm of a second not lost', async () => {
    await using dir = await temporaryDirectory();
    await using history = await openTestHistory(dir.path);
    // Three hours: a peak of one second in the second one, no good value for ten minutes in the third.
    const values = seconds(0, 3 * HOUR, (second) => (second === HOUR + 1234 ? 99.9 : 50 + (second % 7))).map(
      (one, second) =>
        second >= 2 * HOUR && second < 2 * HOUR + 600 ? { ...one, value: null, quality: 'bad' as const } : one,
    );
    const states = seconds(0, 3 * HOUR, (second) => (second === 5000 ? 'alarm' : 'normal')).map((one) => ({
      ...one,
      point: 'smoke-12/state',
    }));
    for (let second = 0; second < 3 * HOUR; second += 60) {
      history.keep([...values.slice(second, second + 60), ...states.slice(second, second + 60)]);
    }
    await allSince(history, START + 3 * HOUR * 1000);
    const series = await history.series('noise-07/la', START, START + 3 * HOUR * 1000, 200);
    expect(series.at.length).toBeLessThanOrEqual(200);
    expect(series.at.length).toBeGreaterThan(150);
    series.at.forEach((at, index) => {
      expect(series.value[index]).toBe(values[(at - START) / 1000]?.value);
    });
    expect(series.value).toContain(99.9);
    expect(series.quality.filter((quality) => quality === 'bad').length).toBeGreaterThan(3);
    const smoke = await history.series('smoke-12/state', START, START + 3 * HOUR * 1000, 20);
    expect(smoke.at[smoke.value.indexOf('alarm')]).toBe(START + 5_000_000);
    expect(smoke.value.filter((value) => value === 'normal').length).toBeGreaterThan(5);
  });

  test('has the same minutes when the process was killed in the midst of one', async () => {
    await using dir = await temporaryDirectory();
    const workers: Worker[] = [];
    const readings = seconds(0, 200, (second) => Math.sin(second));
    {
      await using history = await openTestHistory(dir.path, {
        onWorker: (worker) => workers.push(worker),
        isNoise: () => true,
      });
      for (const [from, to] of [
        [0, 90],
        [90, 100],
        [100, 200],
      ] as const) {
        history.keep(readings.slice(from, to));
        await allSince(history, Number.MAX_SAFE_INTEGER);
        // As when killed: the minute that is not over was in memory only.
        if (to === 100) await workers.at(-1)?.terminate();
      }
    }
    await using history = await openTestHistory(dir.path);
    const rows = await history.summaries('minute', START, START + 200_000);
    expect(rows).toHaveLength(4);
    rows.forEach((row, index) => {
      const values = readings.slice(index * 60, index * 60 + 60).map(({ value }) => Number(value));
      expect(row).toMatchObject({
        count: values.length,
        good: values.length,
        min: Math.min(...values),
        max: Math.max(...values),
      });
      expect(row.mean).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 9);
      const energy = values.reduce((sum, value) => sum + 10 ** (value / 10), 0) / values.length;
      expect(row.leq).toBeCloseTo(10 * Math.log10(energy), 9);
    });
  });
});

describe('when something is wrong, the caller is not harmed', () => {
  const failing: [what: string, keepFreeBytes: number, error: RegExp][] = [
    ['a full disk', 0, /the disk is full/],
    ['a disk of which the rest is left for the ledger', 500_000, /KB are free, which are left for the ledger/],
  ];
  for (const [what, keepFreeBytes, error] of failing) {
    onDisk(`${what}: it says so, counts what is dropped, and goes on by itself when there is room${why}`, async () => {
      using disk = mountSmallDisk('2m');
      await using history = await openTestHistory(disk.path, { keepFreeBytes });
      history.keep(seconds(0, 10));
      await until(() => history.status().readings === 10, 'the first batch');
      await writeFile(join(disk.path, 'filler'), Buffer.alloc(2 ** 22)).catch(() => undefined);
      history.keep(seconds(10, 20_010, () => Math.random()));
      await until(() => history.status().error, 'the full disk');
      expect(history.status()).toMatchObject({ dropped: 20_000, readings: 10 });
      expect(history.status().error).toMatch(error);
      expect((await history.series('noise-07/la', START, START + 20_000, 100)).at).toHaveLength(10);
      await rm(join(disk.path, 'filler'));
      history.keep(seconds(30_000, 30_010));
      await until(() => history.status().readings === 20, 'it to go on');
      expect(history.status().error).toBeUndefined();
      expect((await allSince(history, 0)).length).toBe(20);
    });
  }

  test('a directory that cannot be: it opens, says why, and drops', async () => {
    await using dir = await temporaryDirectory();
    await writeFile(join(dir.path, 'file'), '');
    await using history = await openTestHistory(join(dir.path, 'file', 'data'));
    expect(history.status().error).toMatch(/ENOTDIR/);
    history.keep(seconds(0, 10));
    await expect(history.series('noise-07/la', START, START, 1)).rejects.toMatchObject({ code: 'history-database' });
    await until(() => history.status().dropped === 10, 'the drop');
  });

  test('a damaged file is put aside and a new one begun', async () => {
    await using dir = await temporaryDirectory();
    await writeFile(join(dir.path, 'history.db'), 'nonsense '.repeat(1000));
    await using history = await openTestHistory(dir.path);
    history.keep(seconds(0, 10));
    expect(await allSince(history, 0)).toHaveLength(10);
    expect(await readdir(dir.path)).toContain('history-damaged.db');
  });

  test('a file of an older version is put aside and a new one begun', async () => {
    await using dir = await temporaryDirectory();
    const old = new DatabaseSync(join(dir.path, 'history.db'));
    old.exec('PRAGMA journal_mode=WAL; CREATE TABLE batches (id INTEGER PRIMARY KEY, packed BLOB NOT NULL)');
    old.close();
    await using history = await openTestHistory(dir.path);
    history.keep(seconds(0, 10));
    expect(await allSince(history, 0)).toHaveLength(10);
    expect(await readdir(dir.path)).toContain('history-old.db');
  });

  test('its thread dies: what it was given may be lost and is counted, and the next goes on', async () => {
    await using dir = await temporaryDirectory();
    const workers: Worker[] = [];
    await using history = await openTestHistory(dir.path, { onWorker: (worker) => workers.push(worker) });
    history.keep(seconds(0, 10));
    await allSince(history, 0);
    await workers[0]?.terminate();
    history.keep(seconds(10, 20));
    expect((await allSince(history, 0)).length + history.status().dropped).toBe(20);
    expect(workers).toHaveLength(2);
  });
});
