import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '#kit/clock.ts';
import { codeOf, textOf } from '#kit/fault.ts';
import { replaceFile } from '#kit/replace-file.ts';

const LARGEST_BYTES = 256 * 1024;
/** A card is written to at most so often, whatever changes. */
const WRITES_EVERY_MS = 5000;

/** One small value in a file of its own, replaced whole: a power cut leaves the old one or the new one. */
export class KeptJson<T> implements AsyncDisposable {
  readonly #path: string;
  readonly #wire: Clock;
  #next: { readonly value: T } | undefined;
  #writing: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;
  /** Why the last write failed. */
  fault: string | undefined;

  constructor(path: string, wire: Clock) {
    this.#path = path;
    this.#wire = wire;
  }

  /** What was kept; undefined if nothing was, or what is there is no JSON. */
  async load(): Promise<unknown> {
    try {
      const { size } = await stat(this.#path);
      return size > LARGEST_BYTES ? undefined : JSON.parse(await readFile(this.#path, 'utf8'));
    } catch (error) {
      // Not there, or cut short: the link begins anew.
      if (codeOf(error) !== 'ENOENT') this.fault = textOf(error);
      return undefined;
    }
  }

  /** Keeps the value: at once, or, where one was kept a moment ago, soon; of several in a short time the last. */
  keep(value: T): void {
    this.#next = { value };
    if (this.#cancel === undefined) this.#go();
  }

  #go(): void {
    void this.flush();
    this.#cancel = this.#wire.after(WRITES_EVERY_MS, () => {
      this.#cancel = undefined;
      if (this.#next !== undefined) this.#go();
    });
  }

  /** Resolves when what was to be kept is written, or has failed. */
  async flush(): Promise<void> {
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) this.#writing = this.#writing.then(() => this.#write(next.value));
    await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel?.();
    await this.flush();
  }

  async #write(value: T): Promise<void> {
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await replaceFile(this.#path, JSON.stringify(value));
      this.fault = undefined;
    } catch (error) {
      this.fault = textOf(error);
    }
  }
}
