import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '#kit/fault.ts';
import type { Reading } from '../../drivers/reading.ts';
import { historyFault, openRecorded } from './history-database.ts';
import { readJournal } from './journal.ts';
import { isMark } from './mark.ts';
import { journalPath, readingsIn, segmentOfFile, type Told, toldBy } from './pending.ts';
import { Recorded, type Segment } from './recorded.ts';

export interface RecordedAsked {
  /** UTC milliseconds, both included. */
  readonly from: number;
  readonly to: number;
  /** Which points' readings are wanted. */
  readonly wants: (point: string) => boolean;
}

/**
 * What a history holds, in the order in which it was kept, marks among the readings: by a connection of its own, which
 * needs no gateway, nor disturbs one that runs. Of the time before `from` the marks are given too, since they still say
 * what was so then. Holds one segment at a time. Throws a Fault where there is no history, or it cannot be read.
 */
export function* readRecorded(dir: string, asked: RecordedAsked): Generator<Reading> {
  const path = join(dir, 'history.db');
  using db = openRecorded(path);
  try {
    const recorded = new Recorded(db);
    for (let after = 0; ; ) {
      const [segment] = recorded.segments(after, 1);
      if (segment !== undefined) {
        yield* ofSegment(recorded, segment, asked);
        after = segment.id;
        continue;
      }
      const journal = nextJournal(dir, Math.max(after, recorded.lastSegment));
      if (journal === undefined) return;
      const told = readTold(journalPath(dir, journal));
      // It was packed between the two looks: then there is a segment.
      if (told === undefined && recorded.lastSegment >= journal) continue;
      if (told !== undefined) yield* ofJournal(told, asked);
      after = journal;
    }
  } catch (error) {
    throw historyFault(error, path);
  }
}

function* ofSegment(recorded: Recorded, segment: Segment, { from, to, wants }: RecordedAsked): Generator<Reading> {
  const isBefore = segment.toAt < from;
  if (segment.chunkBytes === 0 || segment.fromAt > to) return;
  const points = recorded.points();
  const marks = [...points].filter(([, { key }]) => isMark(key));
  if (isBefore && !marks.some(([number]) => recorded.hasChunk(segment.id, number))) return;
  const keyOf = (number: number) => {
    const key = points.get(number)?.key;
    return key !== undefined && (isMark(key) || (!isBefore && wants(key))) ? key : undefined;
  };
  for (const [, reading] of recorded.readings(segment, 0, keyOf)) {
    if (reading.at <= to && (reading.at >= from || isMark(reading.point))) yield reading;
  }
}

function* ofJournal({ points, frames }: Told, { from, to, wants }: RecordedAsked): Generator<Reading> {
  const keyOf = (number: number) => {
    const key = points.get(number)?.key;
    return key !== undefined && (isMark(key) || wants(key)) ? key : undefined;
  };
  for (const [, reading] of readingsIn(frames, 0, keyOf)) {
    if (reading.at <= to && (reading.at >= from || isMark(reading.point))) yield reading;
  }
}

function nextJournal(dir: string, after: number): number | undefined {
  const found = readdirSync(dir).flatMap((name) => segmentOfFile(name) ?? []);
  return found.filter((segment) => segment > after).sort((a, b) => a - b)[0];
}

/** Undefined where the journal is gone, or is none. */
function readTold(path: string): Told | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const content = readJournal(path);
    return content === undefined ? undefined : toldBy(content);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
