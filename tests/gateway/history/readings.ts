import type { Reading } from '../../../drivers/reading.ts';
import type { History, HistoryReader } from '../../../gateway/history/history.ts';
import { type HistoryOptions, openHistory } from '../../../gateway/history/open-history.ts';
import { silentLog } from '../../../gateway/kit/log.ts';

/** A full minute of UTC. */
export const START = 1_784_125_800_000;

export const reading = (second: number, value: Reading['value'], more: Partial<Reading> = {}): Reading => ({
  point: 'noise-07/la',
  value,
  at: START + second * 1000,
  tick: second * 1000,
  quality: 'good',
  ...more,
});

export const openTestHistory = (dir: string, more: Partial<HistoryOptions> = {}): Promise<History> =>
  openHistory({ dir, log: silentLog, keepFreeBytes: 0, ...more });

export async function allSince(
  history: HistoryReader,
  after: number,
  points?: ReadonlySet<string>,
): Promise<Reading[]> {
  const all: Reading[] = [];
  for await (const batch of history.since(after, points)) all.push(...batch);
  return all;
}
