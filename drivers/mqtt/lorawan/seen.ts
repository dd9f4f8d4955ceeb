/** Which messages came already: the last so many, each for so long. */
export class Seen {
  /** Key → tick; in the order in which they came. */
  readonly #keys = new Map<string, number>();
  readonly #bound: number;
  readonly #keepMs: number;

  constructor(bound: number, keepMs: number) {
    this.#bound = bound;
    this.#keepMs = keepMs;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Whether the key is new; from here on it is not. */
  isNew(key: string, tick: number): boolean {
    const before = this.#keys.get(key);
    if (before !== undefined && tick - before < this.#keepMs) return false;
    this.#keys.delete(key);
    this.#keys.set(key, tick);
    if (this.#keys.size > this.#bound) {
      const [oldest] = this.#keys.keys();
      if (oldest !== undefined) this.#keys.delete(oldest);
    }
    return true;
  }
}
