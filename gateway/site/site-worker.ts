import { type Clock, openClock } from '#kit/clock.ts';
import { codeOf, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { replaceFile } from '#kit/replace-file.ts';
import { Slices } from '#kit/slices.ts';
import { openThread, type Thread, threadUrl } from '#kit/thread.ts';
import type { LoadOptions } from '../../config/load.ts';
import type { Loaded } from '../../config/site.ts';
import type { GatewaySite } from '../kinds.ts';
import { checkedFile } from './checked-site.ts';
import { SiteBuilder } from './site-pieces.ts';
import { type LoadedFiles, type LoadSite, loadFiles } from './site-start.ts';
import type { SiteCalls } from './site-thread.ts';

/** An installer's next device comes within minutes; a box has no memory to spare for a thread that waits longer. */
const IDLE_MS = 120_000;

type Edits = Omit<SiteCalls, 'load' | 'piece' | 'pack'>;

/** A site's files read, checked and changed by a thread that is there while it is asked for. */
export class SiteWorker implements AsyncDisposable {
  readonly #wire: Clock;
  #thread: Thread<SiteCalls> | undefined;
  #cancel: () => void = () => {};

  constructor(wire: Clock) {
    this.#wire = wire;
  }

  /** One at a time: whoever asks holds the site meanwhile. */
  edit<K extends keyof Edits>(name: K, args: Parameters<Edits[K]>): Promise<Awaited<ReturnType<Edits[K]>>> {
    return this.#use((thread) => thread.call(name, args as Parameters<SiteCalls[K]>));
  }

  /** As `loadSite`. Parts that are equal to those of the site `before` are these. One at a time. */
  load(dir: string, options: LoadOptions, before: GatewaySite | null): ReturnType<LoadSite> {
    return this.#use(async (thread): Promise<Loaded<GatewaySite>> => {
      const { problems, head } = await thread.call('load', [dir, options]);
      if (head === null) return { site: null, problems };
      const builder = new SiteBuilder(head, before);
      const slices = new Slices();
      for (;;) {
        const piece = await thread.call('piece', []);
        if (piece === null) return { site: builder.build(), problems };
        builder.add(piece);
        if (slices.isOver) await slices.next();
      }
    });
  }

  /** As `packChecked`, of a site with its own secrets. */
  pack(dir: string, mark: string): Promise<Uint8Array | null> {
    return this.#use((thread) => thread.call('pack', [dir, mark]));
  }

  async #use<T>(run: (thread: Thread<SiteCalls>) => Promise<T>): Promise<T> {
    this.#cancel();
    this.#thread ??= openThread(threadUrl(import.meta.url, 'site-thread'), { name: 'site', data: null });
    try {
      return await run(this.#thread);
    } finally {
      this.#cancel = this.#wire.after(IDLE_MS, () => void this.#end());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel();
    await this.#end();
  }

  async #end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.[Symbol.asyncDispose]();
  }
}

/** Keeps the site of a directory as it was checked, for the next start. What does not come of it costs only time. */
export async function keepChecked(
  worker: Pick<SiteWorker, 'pack'>,
  dir: string,
  data: string,
  mark: string,
  log: Log,
): Promise<void> {
  try {
    const packed = await worker.pack(dir, mark);
    if (packed !== null) await replaceFile(checkedFile(data), packed);
  } catch (error) {
    // Also of a gateway that is ended in the moment after its start.
    const level = codeOf(error) === 'thread-died' ? 'info' : 'warn';
    log[level]({ code: codeOf(error) }, `the checked site is not kept: ${textOf(error)}`);
  }
}

/** As `loadFiles`, by a thread that takes all that checked the site with it when it ends. */
export async function loadByThread(dir: string, options: LoadOptions): Promise<LoadedFiles> {
  await using worker = new SiteWorker(openClock());
  return await loadFiles(dir, options, (from, how) => worker.load(from, how, null));
}
