import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { Backoff } from '#kit/backoff.ts';
import type { Clock } from '#kit/clock.ts';
import { codeOf, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { openThread, type Thread, threadUrl } from '#kit/thread.ts';
import type { Row, RowChange } from './row.ts';
import type { SessionStoreOptions } from './session-store.ts';
import type { SessionCalls } from './sessions-thread.ts';

export interface JournalOptions {
  /** The link's own folder; the file is made by the first thing that must be stored. */
  readonly dir: string;
  readonly maxBytes: number;
  readonly wire: Clock;
  readonly log: Log;
  /** Called with each worker as it is started: how a test ends one. */
  readonly onWorker?: ((worker: Worker) => void) | undefined;
}

const FILE = 'sessions.db';
const HEAP_MB = 64;

/**
 * Brings changes to disk, in groups: what gathers while one group is written is the next. When the disk refuses, the
 * broker goes on in memory, and all that is then known is written anew with back-off until it is taken.
 */
export class SessionJournal {
  /** Groups that the disk did not take. */
  failures = 0;
  /** Files that could not be read and were set aside. */
  setAside = 0;
  readonly #options: JournalOptions;
  readonly #thread: Thread<SessionCalls>;
  readonly #backoff = new Backoff({ firstMs: 5000, mostMs: 60_000 });
  /** All that is known, when the disk has to be told anew. */
  readonly #all: () => RowChange[];
  #changes = new Map<string, RowChange>();
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #error: string | undefined;
  #cancelRetry = () => {};
  #closed = false;

  constructor(options: JournalOptions, all: () => RowChange[]) {
    const { dir, maxBytes, onWorker } = options;
    this.#options = options;
    this.#all = all;
    const data: SessionStoreOptions = { path: join(dir, FILE), maxBytes };
    this.#thread = openThread<SessionCalls>(threadUrl(import.meta.url, 'sessions-thread'), {
      name: 'sessions',
      data,
      heapMb: HEAP_MB,
      onWorker,
    });
  }

  /** Why nothing reaches the disk; undefined while it does. */
  get error(): string | undefined {
    return this.#error;
  }

  /** What an earlier run left; nothing, and no thread, where there is no file. */
  async open(): Promise<Row[]> {
    if (!existsSync(join(this.#options.dir, FILE))) return [];
    try {
      const { rows, setAside } = await this.#thread.call('open', []);
      if (setAside !== undefined) {
        this.setAside++;
        const hint = `it is kept as ${FILE}.unreadable; devices subscribe anew`;
        this.#options.log.error(
          { dir: this.#options.dir, hint },
          `mqtt: stored sessions could not be read: ${setAside}`,
        );
      }
      return rows;
    } catch (error) {
      this.#failed(error);
      return [];
    }
  }

  /** Resolves once the change is on disk, or the disk has refused it. */
  write(change: RowChange): Promise<void> {
    if (this.#error !== undefined || this.#closed) return Promise.resolve();
    this.#changes.set(`${change.part} ${change.owner} ${change.name}`, change);
    this.#next ??= this.#writing.then(() => this.#flush());
    return this.#next;
  }

  /** Resolves once all changes so far are on disk, or refused. */
  settled(): Promise<void> {
    return this.#next ?? this.#writing;
  }

  async close(): Promise<void> {
    await this.settled();
    this.#closed = true;
    this.#cancelRetry();
    await this.#thread.call('close', []).catch((error: unknown) => this.#failed(error));
    await this.#thread[Symbol.asyncDispose]();
  }

  async #flush(): Promise<void> {
    const changes = [...this.#changes.values()];
    this.#changes.clear();
    this.#next = undefined;
    if (changes.length === 0) return;
    this.#writing = this.#store('write', changes);
    await this.#writing;
  }

  async #store(how: 'write' | 'replace', changes: readonly RowChange[]): Promise<void> {
    try {
      await this.#thread.call(how, [changes]);
      if (this.#backoff.failures > 0)
        this.#options.log.info({ rows: changes.length }, 'mqtt: sessions are stored again');
      this.#backoff.reset();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.failures++;
    this.#error = textOf(error);
    this.#changes.clear();
    if (this.#closed) return;
    if (this.#backoff.failures === 0) {
      const nouns = { dir: this.#options.dir, code: codeOf(error) };
      this.#options.log.error(nouns, `mqtt: sessions are kept in memory only: ${this.#error}`);
    }
    this.#cancelRetry = this.#options.wire.after(this.#backoff.next(), () => {
      // From here on changes gather again, to be written after all that is known now.
      this.#error = undefined;
      this.#writing = this.#store('replace', this.#all());
    });
  }
}
