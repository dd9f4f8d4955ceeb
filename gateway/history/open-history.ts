import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { type Clock, openClock } from '#kit/clock.ts';
import { codeOf, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { openThread, threadUrl } from '#kit/thread.ts';
import type { Reading } from '../../drivers/reading.ts';
import { packReadings, unpackReadings } from './columns.ts';
import type { History } from './history.ts';
import type { HistoryStoreOptions } from './history-store.ts';
import type { HistoryCalls } from './history-thread.ts';

export interface HistoryOptions {
  /** The data directory, which the ledger has locked. */
  readonly dir: string;
  readonly log: Log;
  /** Bytes that may be used (512 MB); beyond them the oldest goes. */
  readonly maxBytes?: number;
  /** Days that are kept (90). */
  readonly maxDays?: number;
  /** Bytes of the disk that are left to others (32 MB): history stops before the ledger has to. */
  readonly keepFreeBytes?: number;
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
/** Batches of one answer to `since`. */
const BATCHES = 32;

/**
 * Opens history, whose database a worker thread owns. It opens also where nothing can be stored: then `status` says
 * why, readings are counted as dropped, and every beat tries again.
 */
export async function openHistory(options: HistoryOptions): Promise<History> {
  const {
    dir,
    log,
    maxBytes = 512 * MB,
    maxDays = 90,
    keepFreeBytes = 32 * MB,
    wire = openClock(),
    onWorker,
  } = options;
  const data: HistoryStoreOptions = { path: join(dir, 'history.db'), maxBytes, maxDays, keepFreeBytes };
  const thread = openThread<HistoryCalls>(threadUrl(import.meta.url, 'history-thread'), {
    name: 'history',
    data,
    onWorker,
  });
  let waiting: Reading[] = [];
  let stored: Awaited<ReturnType<typeof thread.call<'open'>>> = { bytes: 0, readings: 0, oldestAt: null };
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
    const packed = packReadings(readings);
    try {
      stored = await thread.call('write', [packed], [packed.buffer]);
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

  try {
    stored = await thread.call('open', []);
  } catch (cause) {
    failed(cause);
  }

  return {
    keep(readings) {
      for (const reading of readings) waiting.push(reading);
      if (waiting.length > MOST_WAITING) dropped += waiting.splice(0, waiting.length - MOST_WAITING).length;
      if (waiting.length > 0) beat();
    },
    async series(point, from, to, points) {
      const samples = await thread.call('series', [point, from, to, points]);
      return {
        point,
        at: samples.map(({ at }) => at),
        value: samples.map(({ value }) => value),
        quality: samples.map(({ quality }) => quality),
      };
    },
    async *since(after, wanted) {
      await flush();
      const { first, last } = await thread.call('batchesSince', [after]);
      const points = await thread.call('points', []);
      const keys = new Map(points.map(({ number, key }) => [number, key]));
      const keyOf = (number: number) => {
        const key = keys.get(number);
        return key !== undefined && (wanted === undefined || wanted.has(key)) ? key : undefined;
      };
      for (let from = first; from <= last; ) {
        const { batches, next } = await thread.call('batches', [from, last, BATCHES]);
        from = next;
        for (const { buffer, texts } of batches) {
          const readings = unpackReadings(buffer, texts, keyOf).filter(({ at }) => at > after);
          if (readings.length > 0) yield readings;
        }
      }
    },
    status: () => ({ ...stored, dropped, ...(error === undefined ? {} : { error }) }),
    async [Symbol.asyncDispose]() {
      await flush();
      await thread.call('close', []).catch(failed);
      await thread[Symbol.asyncDispose]();
    },
  };
}
