/**
 * Which entries are on their way and which of them are acknowledged: the cursor may move to `done`, up to which
 * every one is. Entries go in by rising sequence and are acknowledged in any order.
 */
export class Window {
  /** Sequence → acknowledged, by rising sequence; it begins with one that is not. */
  readonly #entries = new Map<number, boolean>();
  #done: number;

  constructor(done: number) {
    this.#done = done;
  }

  /** The highest sequence up to which every entry is acknowledged. */
  get done(): number {
    return this.#done;
  }

  /** The first entry that is on its way; undefined if none is. */
  get first(): number | undefined {
    return this.#entries.keys().next().value;
  }

  /** How many are on their way, with those acknowledged behind one that is not: what is kept here, all of it. */
  get inFlight(): number {
    return this.#entries.size;
  }

  send(sequence: number): void {
    this.#entries.set(sequence, false);
  }

  /** Takes one acknowledgement; one for an entry that is not on its way changes nothing. */
  acknowledge(sequence: number): void {
    if (!this.#entries.has(sequence)) return;
    this.#entries.set(sequence, true);
    for (const [first, isAcknowledged] of this.#entries) {
      if (!isAcknowledged) break;
      this.#entries.delete(first);
      this.#done = first;
    }
  }
}
