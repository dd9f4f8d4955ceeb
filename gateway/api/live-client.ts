import type { ServerResponse } from 'node:http';
import type { Session } from '../ledger/accounts.ts';
import type { Entry, LedgerReader } from '../ledger/ledger.ts';

/** Past this many unread bytes a client gets no readings, and an entry of its past only once it has read. */
const BEHIND_BYTES = 256 * 1024;
/** Past this many it is cut off: it comes back with Last-Event-ID, and the ledger still has what it missed. */
const CUT_BYTES = 1024 * 1024;
const PAGE = 100;

/** One server-sent event (WHATWG HTML, 9.2.5). `data` is JSON, so it holds no line break. */
export const encodeFrame = (event: string, data: string, id?: number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;

export const encodeEntry = ({ sequence, json }: Entry): string => encodeFrame('entry', json, sequence);

/** One open stream to one browser. Entries reach it in order and without gaps, whatever else it misses. */
export class LiveClient {
  readonly session: Session;
  readonly #stream: ServerResponse;
  /** The last entry written, and the last that is known to be there. */
  #sent: number;
  #head: number;
  #catchingUp = false;

  constructor(session: Session, stream: ServerResponse, after: number, head: number) {
    this.session = session;
    this.#stream = stream;
    this.#sent = Math.min(after, head);
    this.#head = head;
  }

  get sent(): number {
    return this.#sent;
  }

  get isBehind(): boolean {
    return this.#stream.writableLength > BEHIND_BYTES;
  }

  write(frame: string): void {
    if (this.#stream.writableEnded || this.#stream.destroyed) return;
    this.#stream.write(frame);
    if (this.#stream.writableLength > CUT_BYTES) this.cut();
  }

  /** What just became durable; `frames` are the same entries, encoded once for all clients. */
  take(entries: readonly Entry[], frames: readonly string[]): void {
    this.#head = entries.at(-1)?.sequence ?? this.#head;
    if (this.#catchingUp) return;
    entries.forEach(({ sequence }, index) => {
      if (sequence <= this.#sent) return;
      this.write(frames[index] ?? '');
      this.#sent = sequence;
    });
  }

  /** Writes what the ledger has after the last entry sent, no faster than it is read. */
  async catchUp(ledger: Pick<LedgerReader, 'read'>): Promise<void> {
    this.#catchingUp = true;
    while (this.#sent < this.#head && !this.#stream.destroyed) {
      for (const entry of await ledger.read(this.#sent, PAGE)) {
        this.write(encodeEntry(entry));
        this.#sent = entry.sequence;
        if (this.isBehind) await this.#drained();
      }
    }
    this.#catchingUp = false;
  }

  end(): void {
    this.#stream.end();
  }

  cut(): void {
    this.#stream.destroy();
  }

  #drained(): Promise<void> {
    const stream = this.#stream;
    if (stream.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        stream.off('drain', done).off('close', done);
        resolve();
      };
      stream.on('drain', done).on('close', done);
    });
  }
}
