import { closeSync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';

/** Begins every journal: the name of the format. */
const MAGIC = Buffer.from('gengfu-journal-1\n');
/** Length of the payload and its CRC-32, both big-endian, then the payload. */
const HEADER_BYTES = 8;

/**
 * A file that frames are appended to: what was appended is there after kill -9, and after a power cut what was appended
 * before the last `sync`. A frame that was torn ends the file.
 */
export class Journal {
  readonly path: string;
  readonly #file: number;
  #length: number;

  private constructor(path: string, file: number, length: number) {
    this.path = path;
    this.#file = file;
    this.#length = length;
  }

  get bytes(): number {
    return this.#length;
  }

  /** A new one; what stands at the path goes. */
  static create(path: string): Journal {
    const file = openSync(path, 'w', 0o600);
    const journal = new Journal(path, file, 0);
    try {
      journal.#write([MAGIC]);
      syncDirectory(dirname(path));
      return journal;
    } catch (error) {
      journal.remove();
      throw error;
    }
  }

  /** One to be gone on with after its last whole frame. */
  static reopen(path: string, length: number): Journal {
    const file = openSync(path, 'r+');
    ftruncateSync(file, length);
    return new Journal(path, file, length);
  }

  /** Appends a frame whole or, when the disk takes it not, not at all. */
  append(payload: Uint8Array): void {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(payload.length, 0);
    header.writeUInt32BE(crc32(payload), 4);
    this.#write([header, payload]);
  }

  sync(): void {
    fdatasyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }

  remove(): void {
    this.close();
    rmSync(this.path, { force: true });
  }

  #write(parts: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(parts);
    for (let done = 0; done < bytes.length; ) {
      try {
        done += writeSync(this.#file, bytes, done, bytes.length - done, this.#length + done);
      } catch (error) {
        ftruncateSync(this.#file, this.#length);
        throw error;
      }
    }
    this.#length += bytes.length;
  }
}

export interface JournalContent {
  readonly payloads: readonly Uint8Array[];
  /** Bytes up to the end of the last whole frame. */
  readonly length: number;
}

/** The whole frames of a journal; undefined where it is none. Throws where the file cannot be read. */
export function readJournal(path: string): JournalContent | undefined {
  const bytes = readFileSync(path);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const payloads: Uint8Array[] = [];
  let at = MAGIC.length;
  while (at + HEADER_BYTES <= bytes.length) {
    const end = at + HEADER_BYTES + bytes.readUInt32BE(at);
    const payload = bytes.subarray(at + HEADER_BYTES, end);
    if (end > bytes.length || crc32(payload) !== bytes.readUInt32BE(at + 4)) break;
    payloads.push(payload);
    at = end;
  }
  return { payloads, length: at };
}

/** Makes a new file's name durable, which syncing the file itself does not (fsync(2)). */
function syncDirectory(dir: string): void {
  const handle = openSync(dir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
