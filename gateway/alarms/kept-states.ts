/** A row of state as the ledger keeps it; null deletes it. */
export interface StateRow {
  readonly key: string;
  readonly state: object | null;
}

/** States that outlive a restart, each under a key of its own; what has changed since it was last saved is known. */
export class KeptStates<S extends object> {
  readonly #prefix: string;
  readonly #states = new Map<string, S>();
  readonly #unsaved = new Set<string>();

  /** `prefix`: what its keys begin with in the ledger. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  get size(): number {
    return this.#states.size;
  }

  get(id: string): S | undefined {
    return this.#states.get(id);
  }

  /** Those set longest ago first. */
  entries(): IterableIterator<[string, S]> {
    return this.#states.entries();
  }

  values(): IterableIterator<S> {
    return this.#states.values();
  }

  set(id: string, state: S): void {
    this.#states.delete(id);
    this.#states.set(id, state);
    this.#unsaved.add(id);
  }

  /** As if it had been set just now; nothing of it is to be saved. */
  touch(id: string): void {
    const state = this.#states.get(id);
    if (state === undefined) return;
    this.#states.delete(id);
    this.#states.set(id, state);
  }

  delete(id: string): void {
    if (this.#states.delete(id)) this.#unsaved.add(id);
  }

  save(): StateRow[] {
    if (this.#unsaved.size === 0) return [];
    const rows = [...this.#unsaved].map((id) => ({ key: this.#prefix + id, state: this.#states.get(id) ?? null }));
    this.#unsaved.clear();
    return rows;
  }

  /**
   * Takes what an earlier run saved, `moved` to the line of this one, whose ticks are `shift` later. Where that is not 0 it is
   * all to be saved anew: the next run is told only how far the line has moved since this one.
   */
  restore(saved: ReadonlyMap<string, object>, shift: number, moved: (state: S) => S): void {
    for (const [key, state] of saved) {
      // What stands under the prefix was saved here.
      if (!key.startsWith(this.#prefix)) continue;
      const id = key.slice(this.#prefix.length);
      this.#states.set(id, moved(state as S));
      if (shift !== 0) this.#unsaved.add(id);
    }
  }
}
