interface Branch<T> {
  readonly below: Map<string, Branch<T>>;
  /** What stands at this filter, by owner. */
  readonly here: Map<string, T>;
}

const grow = <T>(): Branch<T> => ({ below: new Map(), here: new Map() });

/** Topic filters (MQTT 3.1.1, section 4.7) and what stands at each, found by the topics that they match. */
export class FilterTree<T> {
  readonly #root = grow<T>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  set(filter: string, owner: string, value: T): void {
    let branch = this.#root;
    for (const level of filter.split('/')) {
      let next = branch.below.get(level);
      if (next === undefined) {
        next = grow();
        branch.below.set(level, next);
      }
      branch = next;
    }
    if (!branch.here.has(owner)) this.#size++;
    branch.here.set(owner, value);
  }

  delete(filter: string, owner: string): void {
    this.#cut(this.#root, filter.split('/'), 0, owner);
  }

  /** Everything at a filter that matches the topic: wildcards first. */
  match(topic: string): T[] {
    const found: T[] = [];
    this.#gather(this.#root, topic.split('/'), 0, found);
    return found;
  }

  #gather(branch: Branch<T>, levels: readonly string[], depth: number, found: T[]): void {
    // "sport/#" also matches "sport" (section 4.7.1.2).
    const rest = branch.below.get('#');
    if (rest !== undefined) found.push(...rest.here.values());
    const level = levels[depth];
    if (level === undefined) {
      found.push(...branch.here.values());
      return;
    }
    for (const step of ['+', level]) {
      const next = branch.below.get(step);
      if (next !== undefined) this.#gather(next, levels, depth + 1, found);
    }
  }

  /** Takes the owner's entry away, and branches that bear nothing any more. */
  #cut(branch: Branch<T>, levels: readonly string[], depth: number, owner: string): void {
    const level = levels[depth];
    if (level === undefined) {
      if (branch.here.delete(owner)) this.#size--;
      return;
    }
    const next = branch.below.get(level);
    if (next === undefined) return;
    this.#cut(next, levels, depth + 1, owner);
    if (next.here.size === 0 && next.below.size === 0) branch.below.delete(level);
  }
}

/** Whether a filter matches a topic (section 4.7). */
export function matchesFilter(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [depth, step] of wanted.entries()) {
    if (step === '#') return true;
    if (depth >= levels.length || (step !== '+' && step !== levels[depth])) return false;
  }
  return wanted.length === levels.length;
}
