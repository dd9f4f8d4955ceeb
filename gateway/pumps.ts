import { codeOf, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import type { OpenLink } from '../drivers/driver.ts';
import type { Reading } from '../drivers/reading.ts';
import type { Board } from './board.ts';

/** Carry each link's readings to the rules until the link is closed. A driver that fails is told of, and harms no other. */
export class Pumps implements AsyncDisposable {
  readonly #take: (batch: readonly Reading[]) => Promise<unknown> | undefined;
  readonly #board: Pick<Board, 'failures'>;
  readonly #log: Log;
  readonly #ending = new AbortController();
  readonly #running = new Map<OpenLink, Promise<void>>();

  constructor(
    take: (batch: readonly Reading[]) => Promise<unknown> | undefined,
    board: Pick<Board, 'failures'>,
    log: Log,
  ) {
    this.#take = take;
    this.#board = board;
    this.#log = log;
  }

  /** From those of these links on whose readings nobody waits yet. */
  start(links: ReadonlyMap<string, OpenLink>): void {
    for (const [id, link] of links) {
      if (!this.#running.has(link))
        this.#running.set(
          link,
          this.#run(id, link, () => links.get(id) === link),
        );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#running.values());
  }

  async #run(id: string, link: OpenLink, isOpen: () => boolean): Promise<void> {
    try {
      for await (const batch of link.readings(this.#ending.signal)) {
        const durable = this.#take(batch);
        if (durable !== undefined) link.kept?.(durable);
      }
    } catch (error) {
      if (this.#ending.signal.aborted || !isOpen()) return;
      this.#log.error({ link: id, code: codeOf(error) }, `the link's driver failed: ${textOf(error)}`);
      this.#board.failures.set(id, textOf(error));
    } finally {
      if (!isOpen()) this.#running.delete(link);
    }
  }
}
