import type { DatabaseSync } from 'node:sqlite';
import { inTransaction, rowOf, usedBytes } from './history-database.ts';
import type { Segment } from './recorded.ts';

/** What share of the bytes readings and minutes may keep when all is full; the rest is for hours. */
const SHARES = { chunkBytes: 0.7, minuteBytes: 0.2 } as const;
export const HOUR_SHARE = 0.1;
/** Segments that go for their age at one time: a clock that is wrong for a while takes little. */
const MOST_FOR_AGE = 2;
const MOST_FOR_ROOM = 256;

type Tier = keyof typeof SHARES;
const TABLES = { chunkBytes: 'chunks', minuteBytes: 'minutes' } as const;

export interface Bounds {
  /** Of the database. */
  readonly maxBytes: number;
  /** Readings that are older than this go. */
  readonly keepReadingsFrom: number;
  /** Minutes that are older than this go. */
  readonly keepMinutesFrom: number;
  /** The last segment whose minutes are in hours: those of later ones go last of all. */
  readonly foldedTo: number;
}

/**
 * Deletes the oldest where there is more than may be: of readings and minutes the one that is further beyond its share.
 * Gives the segments that are left.
 */
export function prune(db: DatabaseSync, segments: readonly Segment[], bounds: Bounds): Segment[] {
  const kept = [...segments];
  const totals = { chunkBytes: 0, minuteBytes: 0 };
  for (const { chunkBytes, minuteBytes } of kept) {
    totals.chunkBytes += chunkBytes;
    totals.minuteBytes += minuteBytes;
  }
  const oldest = (tier: Tier) => kept.findIndex((segment) => segment[tier] > 0);
  const drop = (tier: Tier, index: number) => {
    const segment = kept[index];
    if (segment === undefined) return;
    const left = { ...segment, [tier]: 0 };
    totals[tier] -= segment[tier];
    db.prepare(`DELETE FROM ${TABLES[tier]} WHERE row >= ? AND row < ?`).run(
      rowOf(segment.id, 0),
      rowOf(segment.id + 1, 0),
    );
    if (left.chunkBytes + left.minuteBytes === 0) {
      db.prepare('DELETE FROM segments WHERE id = ?').run(segment.id);
      kept.splice(index, 1);
    } else {
      db.prepare('UPDATE segments SET chunk_bytes = ?, minute_bytes = ? WHERE id = ?').run(
        left.chunkBytes,
        left.minuteBytes,
        segment.id,
      );
      kept[index] = left;
    }
  };
  const old: [tier: Tier, from: number][] = [
    ['chunkBytes', bounds.keepReadingsFrom],
    ['minuteBytes', bounds.keepMinutesFrom],
  ];
  inTransaction(db, () => {
    for (const [tier, from] of old) {
      for (let i = 0; i < MOST_FOR_AGE; i++) {
        const index = oldest(tier);
        if ((kept[index]?.toAt ?? from) >= from) break;
        drop(tier, index);
      }
    }
    for (let i = 0; i < MOST_FOR_ROOM && usedBytes(db) > bounds.maxBytes; i++) {
      const minutes = oldest('minuteBytes');
      const isFolded = (kept[minutes]?.id ?? Number.POSITIVE_INFINITY) <= bounds.foldedTo;
      const isMore = totals.minuteBytes / SHARES.minuteBytes > totals.chunkBytes / SHARES.chunkBytes;
      const isMinutes = totals.chunkBytes === 0 || (isFolded && isMore);
      if (isMinutes && minutes === -1) break;
      if (isMinutes) drop('minuteBytes', minutes);
      else drop('chunkBytes', oldest('chunkBytes'));
    }
  });
  return kept;
}
