import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { type Clock, openClock } from '#kit/clock.ts';
import { codeOf, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { openThread, threadUrl } from '#kit/thread.ts';
import type { Reading } from '../../drivers/reading.ts';
import { type Aggregate, DAY_MS, HOUR_MS, leqOf, MINUTE_MS, meanOf } from './aggregate.ts';
import { packReadings, unpackReadings } from './columns.ts';
import { BEGINNING, type History, type Kept, type Place, type Summary } from './history.ts';
import type { HistoryStoreOptions } from './history-store.ts';
import type { HistoryCalls } from './history-thread.ts';
import { MARK } from './mark.ts';
import type { Asked, Page } from './pages.ts';

export interface HistoryOptions {
  /** The data directory, which the ledger has locked. */
  readonly dir: string;
  readonly log: Log;
  /** Whether a point's values are levels in decibels: their minutes have an Leq. */
  readonly isNoise?: (point: string) => boolean;
  /** Bytes that may be used (512 MB); beyond them the oldest goes. */
  readonly maxBytes?: number;
  /** Days that readings are kept (90). */
  readonly maxDays?: number;
  /** Days that minutes and hours are kept (400). */
  readonly aggregateDays?: number;
  /** Bytes of the disk that are left to others (32 MB): history stops before the ledger has to. */
  readonly keepFreeBytes?: number;
  /** Readings that are packed together (262,144), and how long they are gathered (an hour), at most. */
  readonly segmentReadings?: number;
  readonly segmentMs?: number;
  /** Real time, for the beat in which readings are written. */
  readonly wire?: Clock;
  /** Called with each worker as it is started: how a test ends one. */
  readonly onWorker?: (worker: Worker) => void;
}

const MB = 1024 * 1024;
/** With the writing itself a reading is on disk within a second. */
const BEAT_MS = 900;
/** Readings that wait for a slow disk; beyond it the oldest go. */
const MOST_WAITING = 100_000;
/** Readings of one answer: so few that the main loop is not held up by unpacking them. */
const PAGE_READINGS = 2048;
const SLOTS = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS } as const;

/**
 * Opens history, whose files a worker thread owns. It opens also where nothing can be stored: then `status` says
 * why, readings are counted as dropped, and every beat tries again.
 */
export async function openHistory(options: HistoryOptions): Promise<History> {
  const { dir, log, wire = openClock(), onWorker } = options;
  const data: HistoryStoreOptions = {
    path: join(dir, 'history.db'),
    maxBytes: options.maxBytes ?? 512 * MB,
    maxDays: options.maxDays ?? 90,
    aggregateDays: options.aggregateDays ?? 400,
    keepFreeBytes: options.keepFreeBytes ?? 32 * MB,
    segmentReadings: options.segmentReadings ?? 2 ** 18,
    segmentMs: options.segmentMs ?? HOUR_MS,
  };
  const thread = openThread<HistoryCalls>(threadUrl(import.meta.url, 'history-thread'), {
    name: 'history',
    data,
    onWorker,
  });
  let waiting: Reading[] = [];
  let stored: Awaited<ReturnType<typeof thread.call<'open'>>> = {
    bytes: 0,
    readings: 0,
    oldestAt: null,
    written: 0,
    problem: null,
    setAside: null,
  };
  let dropped = 0;
  let error: string | undefined;
  let writing: Promise<void> | undefined;
  let stopBeat: (() => void) | undefined;

  const succeeded = () => {
    if (error !== undefined) log.info({ dropped }, 'history is kept again');
    error = undefined;
  };
  const failed = (cause: unknown) => {
    if (error === undefined) log.error({ code: codeOf(cause) }, `history is not kept: ${textOf(cause)}`);
    error = textOf(cause);
  };

  const write = async (readings: readonly Reading[]) => {
    const packed = packReadings(readings, options.isNoise);
    try {
      const { problem } = stored;
      stored = await thread.call('write', [packed], [packed.buffer]);
      if (stored.problem !== null && problem === null) log.error({}, `history is not packed: ${stored.problem}`);
      succeeded();
    } catch (cause) {
      dropped += readings.length;
      failed(cause);
    }
  };
  const flush = async () => {
    stopBeat?.();
    stopBeat = undefined;
    while (writing !== undefined) await writing;
    if (waiting.length === 0) return;
    const readings = waiting;
    waiting = [];
    writing = write(readings).finally(() => {
      writing = undefined;
      if (waiting.length > 0) beat();
    });
    await writing;
  };
  const beat = () => {
    if (writing === undefined) stopBeat ??= wire.after(BEAT_MS, () => void flush());
  };
  const keep = (readings: readonly Reading[]) => {
    for (const reading of readings) waiting.push(reading);
    if (waiting.length > MOST_WAITING) dropped += waiting.splice(0, waiting.length - MOST_WAITING).length;
    if (waiting.length > 0) beat();
  };

  try {
    stored = await thread.call('open', []);
    if (stored.setAside !== null) log.warn({ file: stored.setAside }, 'history began anew: its file was put aside');
  } catch (cause) {
    failed(cause);
  }

  return {
    keep,
    mark: (kind, { at, tick }, what) =>
      keep([{ point: MARK + kind, value: JSON.stringify(what), at, tick, quality: 'good' }]),
    async series(point, from, to, points) {
      const samples = await thread.call('series', [point, from, to, points]);
      return {
        point,
        at: samples.map(({ at }) => at),
        value: samples.map(({ value }) => value),
        quality: samples.map(({ quality }) => quality),
      };
    },
    async *since(after, points) {
      await flush();
      const asked: Asked = { after, points, limit: PAGE_READINGS };
      const ask = (place: Place): Promise<Page> => {
        const page = thread.call('page', [place, asked]);
        // Who stops reading does not wait for it.
        page.catch(() => {});
        return page;
      };
      for (let next = ask(BEGINNING); ; ) {
        const page = await next;
        if (!page.isEnd) next = ask(page.place);
        const { readings } = keptOf(page);
        if (readings.length > 0) yield readings;
        if (page.isEnd) return;
      }
    },
    async read(place, limit) {
      return keptOf(
        await thread.call('page', [place, { after: Number.NEGATIVE_INFINITY, limit: Math.min(limit, PAGE_READINGS) }]),
      );
    },
    end: () => thread.call('end', []),
    countFrom: (place) => thread.call('countFrom', [place]),
    async summaries(slot, from, to, points) {
      const found = await thread.call('aggregates', [SLOTS[slot], from, to, points]);
      return found.flatMap(([point, rows]) => rows.map((row) => summaryOf(point, row)));
    },
    note: (name, value) => thread.call('note', [name, value]),
    noted: (name) => thread.call('noted', [name]),
    status: () => ({
      bytes: stored.bytes,
      readings: stored.readings,
      oldestAt: stored.oldestAt,
      written: stored.written,
      dropped,
      ...(error === undefined ? {} : { error }),
    }),
    async [Symbol.asyncDispose]() {
      await flush();
      await thread.call('close', []).catch(failed);
      await thread[Symbol.asyncDispose]();
    },
  };
}

const keptOf = ({ packed, place, isEnd, isGap }: Page): Kept => ({
  readings: unpackReadings(packed.buffer, packed.texts, (point) => packed.points[point]),
  place,
  isEnd,
  isGap,
});

const summaryOf = (point: string, row: Aggregate): Summary => ({
  point,
  from: row.from,
  state: row.state === '' ? null : row.state,
  count: row.count,
  good: row.good,
  min: row.min,
  max: row.max,
  mean: row.min === null ? null : meanOf(row),
  leq: row.min === null ? null : leqOf(row),
});
