import { type FileHandle, mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Backoff } from '#kit/backoff.ts';
import type { Clock } from '#kit/clock.ts';
import { codeOf, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { replaceFile } from '#kit/replace-file.ts';
import { Slices } from '#kit/slices.ts';
import { encodeSeen, parseSeen, type SeenRecord } from './seen-record.ts';

/** More than it can ever grow to. */
const LARGEST_BYTES = 8 * 1024 * 1024;
/** Lines beyond twice what is remembered, at which it is written anew. */
const SPARE_LINES = 1024;
/** What a card is asked at most so often: what was written outlives the process at once, and a power cut by then. */
const SYNC_EVERY_MS = 5000;

/** What is on the card, each with its line, and how many lines of it could not be read. */
export interface Loaded {
  readonly records: readonly { readonly record: SeenRecord; readonly line: string }[];
  readonly damaged: number;
}

/** All that should stand in the file. */
export interface Remembrance {
  readonly size: number;
  lines(): readonly string[];
}

/**
 * Lines that are added to a file, in groups: what gathers while one group is written is the next. Where the disk refuses,
 * nobody waits, and all that is then known is written anew with back-off until it is taken.
 */
export class SeenFile implements AsyncDisposable {
  readonly #path: string;
  readonly #wire: Clock;
  readonly #log: Log;
  readonly #all: Remembrance;
  readonly #backoff = new Backoff({ firstMs: 5000, mostMs: 60_000 });
  #file: FileHandle | undefined;
  #lines = 0;
  #pending: string[] = [];
  #work: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #cancelSync: (() => void) | undefined;
  #cancelRetry = () => {};
  /** The disk has refused: until it is asked again, nothing gathers. */
  #isRefused = false;
  #isClosed = false;
  /** Why nothing reaches the disk; undefined while it does. */
  fault: string | undefined;

  constructor(path: string, { wire, log }: { readonly wire: Clock; readonly log: Log }, all: Remembrance) {
    this.#path = path;
    this.#wire = wire;
    this.#log = log;
    this.#all = all;
  }

  /** What an earlier run wrote. What is damaged in it is told and left out; what is whole counts. */
  async load(): Promise<Loaded> {
    const text = await this.#read();
    // Every line has its end; what follows the last was cut off.
    const lines = text.split('\n');
    const torn = lines.pop();
    const records: Loaded['records'][number][] = [];
    const slices = new Slices();
    for (const line of lines) {
      if (slices.isOver) await slices.next();
      const record = parseSeen(line);
      if (record !== undefined) records.push({ record, line: `${line}\n` });
    }
    this.#lines = lines.length;
    const damaged = lines.length - records.length + (torn === '' ? 0 : 1);
    return { records, damaged };
  }

  async #read(): Promise<string> {
    try {
      const { size } = await stat(this.#path);
      // Of nobody's making: nothing of it is to be believed.
      if (size > LARGEST_BYTES) return 'too large';
      return await readFile(this.#path, 'latin1');
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') this.#failed(error);
      return '';
    }
  }

  /** To be written with the next group; `written` says when it is. */
  add(line: string): void {
    if (!this.#isRefused && !this.#isClosed) this.#pending.push(line);
  }

  /** Resolves once all that was added is written, or the disk has refused it. */
  written(): Promise<void> {
    if (this.#pending.length > 0 && this.#next === undefined) {
      this.#next = this.#work.then(() => this.#append());
      this.#work = this.#next;
    }
    return this.#work;
  }

  /** Writes it anew, with all that is known by then. */
  replace(): void {
    this.#work = this.#work.then(() => this.#replace());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What was added last may have had it written anew.
    for (let last: unknown; last !== this.#work; ) {
      last = this.written();
      await last;
    }
    this.#isClosed = true;
    this.#cancelRetry();
    this.#cancelSync?.();
    await this.#sync();
    await this.#close();
  }

  async #append(): Promise<void> {
    const lines = this.#pending;
    this.#pending = [];
    this.#next = undefined;
    if (lines.length === 0) return;
    try {
      this.#file ??= await this.#open();
      await this.#file.appendFile(lines.join(''));
      this.#lines += lines.length;
      this.#cancelSync ??= this.#wire.after(SYNC_EVERY_MS, () => {
        this.#cancelSync = undefined;
        this.#work = this.#work.then(() => this.#sync());
      });
      if (this.#lines > 2 * this.#all.size + SPARE_LINES) this.replace();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    return await open(this.#path, 'a', 0o600);
  }

  async #sync(): Promise<void> {
    try {
      await this.#file?.datasync();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #replace(): Promise<void> {
    // From here on lines gather again, to be written after all that is known now.
    this.#isRefused = false;
    const lines = this.#all.lines();
    await this.#close();
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await replaceFile(this.#path, lines.join(''));
      this.#lines = lines.length;
      this.fault = undefined;
      if (this.#backoff.failures > 0) this.#log.info({ path: this.#path }, 'http: what was taken is kept again');
      this.#backoff.reset();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch((error: unknown) => this.#failed(error));
  }

  /** A line may have been cut off in the middle: the file is not added to again, but written anew. */
  #failed(error: unknown): void {
    this.fault = textOf(error);
    this.#isRefused = true;
    this.#pending = [];
    if (this.#isClosed) return;
    if (this.#backoff.failures === 0) {
      const hint = 'pushes are taken; one of before a restart could be sent again after it';
      this.#log.error(
        { path: this.#path, code: codeOf(error), hint },
        `http: what was taken is not kept: ${this.fault}`,
      );
    }
    this.#cancelRetry();
    this.#cancelRetry = this.#wire.after(this.#backoff.next(), () => this.replace());
  }
}

/** For a file that is written anew: the time that it has certainly been goes first. */
export const timeLine = (at: number): string => encodeSeen({ kind: 'time', at });
