import type { Clock } from '#kit/clock.ts';
import { codeOf, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { differFiles, type FileChange, hashFiles, readSiteFiles } from './site-files.ts';

const LOOK_EVERY_MS = 600_000;

/** Looks every ten minutes, and when asked, in which files a site's directory differs from what runs: shown, never acted on. */
export class DirectoryLook implements Disposable {
  /** As it was found last; null before. */
  difference: readonly FileChange[] | null = null;
  readonly #dir: string;
  readonly #present: () => ReadonlyMap<string, string>;
  readonly #wire: Clock;
  readonly #log: Log;
  #cancel: () => void = () => {};

  /** `present`: the hashes of the files of what runs. */
  constructor(dir: string, present: () => ReadonlyMap<string, string>, wire: Clock, log: Log) {
    this.#dir = dir;
    this.#present = present;
    this.#wire = wire;
    this.#log = log;
    this.#later();
  }

  async look(): Promise<void> {
    try {
      this.difference = differFiles(this.#present(), hashFiles(await readSiteFiles(this.#dir)));
    } catch (error) {
      this.#log.warn({ code: codeOf(error) }, `the site's directory cannot be looked at: ${textOf(error)}`);
    }
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }

  #later(): void {
    this.#cancel = this.#wire.after(LOOK_EVERY_MS, () => {
      void this.look();
      this.#later();
    });
  }
}
