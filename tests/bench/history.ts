import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Reading } from '../../drivers/reading.ts';
import { packReadings } from '../../gateway/history/columns.ts';
import { HistoryStore, type HistoryStoreOptions } from '../../gateway/history/history-store.ts';
import { openHistory } from '../../gateway/history/open-history.ts';
import { silentLog } from '../../gateway/kit/log.ts';
import { openZone } from '../../gateway/kit/zone.ts';
import { RuleEngine } from '../../gateway/rules/engine.ts';
import { aPoint, aSite, NIGHT } from '../tools/judged.ts';
import { seeded } from '../tools/noise.ts';
import { type Figure, median } from './figure.ts';

const DEVICES = 200;
const POINTS = 1000;
const MB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const optionsOf = (dir: string): HistoryStoreOptions => ({
  path: join(dir, 'history.db'),
  maxBytes: 512 * MB,
  maxDays: 90,
  aggregateDays: 400,
  keepFreeBytes: 0,
  segmentReadings: 2 ** 18,
  segmentMs: HOUR_MS,
});

const isNoise = (point: string) => point.endsWith('/la');
const NOISE = Array.from({ length: DEVICES }, (_, i) => `d-${i}/la`);

/**
 * A second of 200 devices, each read at its own instant, which wavers by some milliseconds: noise to 0.1 dB, a depth
 * that moves a little, a temperature to 0.1, a state and a number that stay.
 */
function street(random: () => number): (second: number) => Reading[] {
  const depths = Array.from({ length: DEVICES }, () => 10);
  return (second) =>
    depths.flatMap((depth, i) => {
      const at = NIGHT + second * 1000 + i * 5 + Math.floor(random() * 5);
      const tick = at + (random() < 0.1 ? 1 : 0);
      depths[i] = Math.max(0, depth + (random() < 0.02 ? Math.round(random() * 4 - 2) : 0));
      const la =
        Math.round((52 + 6 * Math.sin(second / 300 + i) + (random() + random() + random() - 1.5) * 6) * 10) / 10;
      const values = {
        la,
        depth,
        t: Math.round(200 + 20 * Math.sin(second / 9000)) / 10,
        state: 'normal',
        battery: 97,
      };
      return Object.entries(values).map(([id, value]) => ({
        point: `d-${i}/${id}`,
        value,
        at,
        tick,
        quality: 'good' as const,
      }));
    });
}

/** 1,000 points at 1 s for `seconds`: what they take on disk, in time and of a card. */
function keepStreet(seconds: number): Figure[] {
  const dir = mkdtempSync(join(tmpdir(), 'gengfu-bench-'));
  const next = street(seeded(7));
  const store = new HistoryStore(optionsOf(dir));
  let spent = 0;
  let longest = 0;
  for (let second = 0; second < seconds; second++) {
    const packed = packReadings(next(second), isNoise);
    const before = process.cpuUsage();
    store.write(packed);
    // As its thread does: a little between two writes, and here as much as is ready.
    for (let isMore = true; isMore; ) {
      const since = performance.now();
      isMore = store.work();
      longest = Math.max(longest, performance.now() - since);
    }
    const { user, system } = process.cpuUsage(before);
    spent += (user + system) / 1e6;
  }
  const { bytes, readings, written } = store.status;
  store.close();
  rmSync(dir, { recursive: true });
  const each = bytes / readings;
  const days = (512 * MB) / (each * POINTS * 86_400);
  return [
    {
      name: 'history: bytes of a reading, of 1,000 points at 1 s, minutes and all',
      asked: null,
      measured: `${each.toFixed(2)} B: ${days.toFixed(1)} days of readings in 512 MB (${readings} readings)`,
      ofBound: null,
    },
    {
      name: 'history: given to the card in a day, of 1,000 points at 1 s',
      asked: null,
      measured: `${(((written / seconds) * 86_400) / 1e6).toFixed(0)} MB, ${(written / readings).toFixed(2)} B a reading`,
      ofBound: null,
    },
    {
      name: 'history: its thread, of one core, at 1,000 readings a second',
      asked: null,
      measured: `${((100 * spent) / seconds).toFixed(1)} %; its longest step beside writing ${longest.toFixed(0)} ms`,
      ofBound: null,
    },
  ];
}

/** A point read each 10 s for more than a year: a chart of the year, to one of a day. */
function lookBack(days: number): Figure[] {
  const dir = mkdtempSync(join(tmpdir(), 'gengfu-bench-'));
  const store = new HistoryStore(optionsOf(dir));
  const random = seeded(3);
  const from = NIGHT - days * DAY_MS;
  for (let at = from; at < NIGHT; at += HOUR_MS) {
    const readings = Array.from({ length: 360 }, (_, i) => {
      const value = Math.round((50 + random() * 20) * 10) / 10;
      return { point: 'd/la', value, at: at + i * 10_000, tick: at + i * 10_000, quality: 'good' as const };
    });
    store.write(packReadings(readings, isNoise));
    while (store.work());
  }
  const took = (span: number) => {
    const since = performance.now();
    const samples = store.series('d/la', NIGHT - span, NIGHT, 500);
    if (samples.length === 0) throw new Error('nothing was found');
    return performance.now() - since;
  };
  const year: number[] = [];
  const day: number[] = [];
  for (let i = 0; i < 30; i++) {
    day.push(took(DAY_MS));
    year.push(took(days * DAY_MS));
  }
  store.close();
  rmSync(dir, { recursive: true });
  const ratio = median(year) / median(day);
  return [
    {
      name: `history: a chart of ${days} days, to one of a day`,
      asked: 'about 1',
      measured: `${ratio.toFixed(2)} times: ${median(year).toFixed(1)} and ${median(day).toFixed(1)} ms`,
      ofBound: ratio / 2,
    },
  ];
}

/** A start: 20 minutes of 1,000 points through the rules, and what else the main loop could do meanwhile. */
async function refill(seconds: number): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'gengfu-bench-'));
  const next = street(seeded(5));
  {
    await using history = await openHistory({ dir, log: silentLog, keepFreeBytes: 0, isNoise });
    for (let second = 0; second < seconds; second++) {
      history.keep(next(second));
      if (second % 50 === 0) for await (const _ of history.since(Number.MAX_SAFE_INTEGER));
    }
  }
  const points = NOISE.map((key) =>
    aPoint({ device: key.slice(0, -3), id: 'la', key, quantity: 'noise.la', everyMs: 1000 }),
  );
  const leq = { on: { quantity: 'noise.la' }, measure: { kind: 'leq', over: '20min' }, levels: { red: { above: 80 } } };
  const site = aSite([leq], points);
  const engine = new RuleEngine({ ...site, zone: openZone(site.timeZone), start: { at: NIGHT, tick: NIGHT } });
  const opening = performance.now();
  await using history = await openHistory({ dir, log: silentLog, keepFreeBytes: 0, isNoise });
  const since = performance.now();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let count = 0;
  for await (const batch of history.since(0)) {
    count += batch.length;
    for (const instant of Map.groupBy(batch, ({ tick }) => tick).values()) engine.step(instant);
  }
  delay.disable();
  const took = performance.now() - since;
  await history[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
  return [
    {
      name: 'history: windows of 20 min refilled, 1,000 points at 1 s',
      asked: null,
      measured: `${(took / 1000).toFixed(2)} s for ${count} readings, after ${(since - opening).toFixed(0)} ms to open`,
      ofBound: null,
    },
    {
      name: 'history: the main loop held up meanwhile, p99.9',
      asked: 'under 20 ms',
      measured: `${(delay.percentile(99.9) / 1e6).toFixed(1)} ms, at most ${(delay.max / 1e6).toFixed(0)} ms`,
      ofBound: delay.percentile(99.9) / 1e6 / 20,
    },
  ];
}

/** What history takes, and how fast it answers. */
export async function keepHistory(seconds: number, days: number): Promise<Figure[]> {
  return [...keepStreet(seconds), ...lookBack(days), ...(await refill(1200))];
}
