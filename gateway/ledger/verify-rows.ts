import type { DatabaseSync } from 'node:sqlite';
import { textOf } from '#kit/fault.ts';
import type { Snapshot } from './snapshot.ts';

/** Takes note of a problem; the entry that it is about, or null. */
export type Tell = (sequence: number | null, message: string) => void;
export type Row = Record<string, unknown>;

/** Rows of one read. */
export const ROWS = 500;

/** Rows, or none and a problem where the pages themselves are damaged. */
export async function readOr(
  snapshot: Snapshot,
  read: (db: DatabaseSync) => Row[],
  tell: Tell,
  sequence: number | null,
): Promise<Row[]> {
  try {
    return await snapshot.read(read);
  } catch (error) {
    tell(sequence, `it cannot be read${sequence === null ? '' : ` from entry ${sequence} on`}: ${textOf(error)}`);
    return [];
  }
}

export function parseObject(json: string): Row | undefined {
  try {
    const value: unknown = JSON.parse(json);
    // An object with string keys, which is all that is looked at.
    return typeof value === 'object' && value !== null ? (value as Row) : undefined;
  } catch {
    return undefined;
  }
}
