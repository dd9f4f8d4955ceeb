import type { Entry, LedgerReader } from './ledger.ts';

/** Entries read ahead, whatever the backlog: so much memory and no more. */
const READ_AHEAD = 100;

/**
 * The entries after a position, in order. What is committed while the reader keeps up comes from the commit itself;
 * else it is read from the log in batches.
 */
export class Backlog {
  readonly #ledger: LedgerReader;
  #entries: Entry[] = [];
  /** The last sequence taken into `#entries`. */
  #read: number;
  #head: number;
  #reading = false;
  /** Counts restarts, so that a read begun before one is dropped. */
  #round = 0;

  constructor(ledger: LedgerReader, position: number) {
    this.#ledger = ledger;
    this.#read = position;
    this.#head = ledger.status().head;
  }

  /** The last sequence of the log. */
  get head(): number {
    return this.#head;
  }

  /** Begins anew after `position`. */
  restart(position: number): void {
    this.#round++;
    this.#entries = [];
    this.#read = position;
    this.#reading = false;
  }

  /** What a commit added. */
  note(committed: readonly Entry[]): void {
    const first = committed[0]?.sequence;
    const last = committed.at(-1)?.sequence;
    if (first === undefined || last === undefined) return;
    this.#head = Math.max(this.#head, last);
    const fits = this.#entries.length + committed.length <= READ_AHEAD;
    if (this.#reading || !fits || first !== this.#read + 1) return;
    this.#entries.push(...committed);
    this.#read = last;
  }

  /** The next entry, if it is at hand; else `fill` brings it. */
  next(): Entry | undefined {
    return this.#entries.shift();
  }

  /** Reads on if nothing is at hand and the log has more. True if there is something new; rejects as the ledger does. */
  async fill(): Promise<boolean> {
    if (this.#reading || this.#entries.length > 0 || this.#read >= this.#head) return false;
    this.#reading = true;
    const round = this.#round;
    const head = this.#head;
    try {
      const found = await this.#ledger.read(this.#read, READ_AHEAD);
      if (round !== this.#round) return false;
      this.#entries.push(...found);
      this.#read = found.at(-1)?.sequence ?? head;
      return found.length > 0 || this.#head > head;
    } finally {
      if (round === this.#round) this.#reading = false;
    }
  }
}
