import type { Reading } from '../../drivers/reading.ts';
import type { HistoryReader } from '../history/history.ts';
import { MARK } from '../history/mark.ts';

const START = `${MARK}start`;

/** What a run says of the one before it at its start. */
interface RunStart {
  /** What was added to that run's ticks, so that they lay on its own line. */
  readonly shift?: number;
}

/**
 * Each run has a line of ticks of its own, which begins at the wall clock; where that was stepped, or wrong at a start,
 * the lines of two runs lie apart. Gives what is to be added to each reading's tick, so that all lie on the line of a run
 * that adds `last` to those of the newest one. Readings are asked for in the order in which history has them.
 */
export async function openRunShifts(
  history: Pick<HistoryReader, 'since'>,
  after: number,
  last: number,
): Promise<(batch: readonly Reading[]) => readonly Reading[]> {
  const starts: number[] = [];
  for await (const batch of history.since(after, new Set([START]))) {
    for (const { point, value } of batch) if (point === START) starts.push(shiftOf(value));
  }
  let shift = starts.reduce((sum, each) => sum + each, last);
  return (batch) =>
    batch.map((reading) => {
      if (reading.point === START) shift -= shiftOf(reading.value);
      return shift === 0 ? reading : { ...reading, tick: reading.tick + shift };
    });
}

// Written by `mark`.
const shiftOf = (value: Reading['value']): number => (JSON.parse(String(value)) as RunStart).shift ?? 0;
