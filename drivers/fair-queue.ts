import { Queue } from '#kit/queue.ts';

/** What one sender may give in one turn, of the weight of its items; one item at least. */
const MOST_A_TURN = 64;

/** Whatever else waits for the process has its turn. */
export const breath = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/**
 * A queue between many senders and one reader with a bound for each sender, so that one that floods loses its
 * own oldest items and nobody else's, and with turns, so that nobody waits until all of its items are read.
 */
export class FairQueue<T> {
  readonly #waiting = new Map<string, T[]>();
  /** Senders with something waiting, each once. */
  readonly #ready: Queue<string>;
  readonly #boundEach: number;
  readonly #weigh: (item: T) => number;
  dropped = 0;

  /** `weigh` says how much work an item is, where some are more than others. */
  constructor(senders: readonly string[], boundEach: number, weigh: (item: T) => number = () => 1) {
    this.change(senders);
    // Bounded by its senders: each stands there once.
    this.#ready = new Queue(Number.POSITIVE_INFINITY);
    this.#boundEach = boundEach;
    this.#weigh = weigh;
  }

  /** From now on these are its senders. Gives what waited of others, which does not count as dropped. */
  change(senders: readonly string[]): T[] {
    const before = [...this.#waiting];
    const staying = new Set(senders);
    for (const [sender] of before) if (!staying.has(sender)) this.#waiting.delete(sender);
    for (const sender of senders) if (!this.#waiting.has(sender)) this.#waiting.set(sender, []);
    return before.flatMap(([sender, items]) => (staying.has(sender) ? [] : items));
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

  /** What has gathered, in order for each sender and as far as its turn goes, as soon as there is any; ends with the signal. */
  async *batches(signal: AbortSignal): AsyncGenerator<T[]> {
    for await (const senders of this.#ready.batches(signal)) {
      yield senders.flatMap((sender) => this.#turnOf(sender));
      if (this.#ready.length > 0) await breath();
    }
  }

  #turnOf(sender: string): T[] {
    const items = this.#waiting.get(sender) ?? [];
    let weight = 0;
    let count = 0;
    for (const item of items) {
      weight += this.#weigh(item);
      if (count > 0 && weight > MOST_A_TURN) break;
      count++;
    }
    if (count < items.length) this.#ready.push(sender);
    return items.splice(0, count);
  }
}
