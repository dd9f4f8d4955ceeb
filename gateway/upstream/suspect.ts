/** After so many fruitless connections in a row entries go one at a time, to learn which one it is. */
const ALONE_AFTER = 2;
/** After so many the entry is named. */
const NAMED_AFTER = 5;

/**
 * The entry over which connections end one after the other: one that the other side cannot take, perhaps. It is never
 * dropped; it is sent alone, so that no other is suspected, and named in the status.
 */
export class Suspect {
  #sequence = 0;
  #times = 0;

  /** A connection ended, and `sequence` was the first in flight. True when this is the time to name it. */
  blame(sequence: number | undefined): boolean {
    if (sequence === undefined) return false;
    this.#times = sequence === this.#sequence ? this.#times + 1 : 1;
    this.#sequence = sequence;
    return this.#times === NAMED_AFTER;
  }

  /** Everything up to `done` is acknowledged. */
  clear(done: number): void {
    if (done >= this.#sequence) this.#times = 0;
  }

  get isAlone(): boolean {
    return this.#times >= ALONE_AFTER;
  }

  /** For a person; undefined while nothing is to be said. */
  get text(): string | undefined {
    if (this.#times < NAMED_AFTER) return undefined;
    return `entry ${this.#sequence} has ended ${this.#times} connections in a row and holds up those behind it`;
  }
}
