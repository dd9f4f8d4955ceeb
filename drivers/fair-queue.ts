import { Queue } from '#kit/queue.ts';

/**
 * A queue between many senders and one reader with a bound for each sender, so that one that floods loses its
 * own oldest items and nobody else's.
 */
export class FairQueue<T> {
  readonly #waiting = new Map<string, T[]>();
  /** Senders with something waiting, each once. */
  readonly #ready: Queue<string>;
  readonly #boundEach: number;
  dropped = 0;

  constructor(senders: readonly string[], boundEach: number) {
    for (const sender of senders) this.#waiting.set(sender, []);
    this.#ready = new Queue(Math.max(senders.length, 1));
    this.#boundEach = boundEach;
  }

  /** Gives the item that went for it, if one did. */
  push(sender: string, item: T): T | undefined {
    const items = this.#waiting.get(sender);
    if (items === undefined) throw new TypeError(`not a sender: ${sender}`);
    const gone = items.length >= this.#boundEach ? items.shift() : undefined;
    if (gone !== undefined) this.dropped++;
    items.push(item);
    if (items.length === 1) this.#ready.push(sender);
    return gone;
  }

  /** What has gathered, in order for each sender, as soon as there is any; ends when the signal is aborted. */
  async *batches(signal: AbortSignal): AsyncGenerator<T[]> {
    for await (const senders of this.#ready.batches(signal)) {
      yield senders.flatMap((sender) => this.#waiting.get(sender)?.splice(0) ?? []);
    }
  }
}
