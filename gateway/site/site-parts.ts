import { isDeepStrictEqual } from 'node:util';

/**
 * Makes ready that an open part becomes as `to` says; calling what it gives does it, without fail. Undefined: it must be
 * opened anew.
 */
export type ChangePart<Spec, Part> = (part: Part, from: Spec, to: Spec) => (() => void) | undefined;

/**
 * Parts of one kind that are open, one for each of a site's specs: links, upstreams. A change leaves those whose spec is
 * equal alone, with all that they hold.
 */
export class SiteParts<Spec extends { readonly id: string }, Part extends AsyncDisposable> implements AsyncDisposable {
  /** By id. */
  readonly open: ReadonlyMap<string, Part>;
  readonly #open = new Map<string, Part>();
  readonly #openPart: (spec: Spec) => Promise<Part>;
  readonly #changePart: ChangePart<Spec, Part>;
  #specs: readonly Spec[] = [];
  /** Of those that stay open, what makes them as their specs say. */
  #pending: (() => void)[] = [];

  constructor(openPart: (spec: Spec) => Promise<Part>, changePart: ChangePart<Spec, Part> = () => undefined) {
    this.#openPart = openPart;
    this.#changePart = changePart;
    this.open = this.#open;
  }

  /**
   * Makes them those of `specs`: what is gone or otherwise is closed, then what is new or otherwise is opened, since the
   * two may want the same port; what can be changed while it is open waits for `settle`. If one cannot be opened, the parts
   * are again those that they were, and it throws why. Gives the way back, until `settle`.
   */
  async change(specs: readonly Spec[]): Promise<() => Promise<void>> {
    const before = this.#specs;
    this.#pending = [];
    const old = new Map(before.map((spec) => [spec.id, spec]));
    const staying = new Set<string>();
    for (const spec of specs) {
      const [from, part] = [old.get(spec.id), this.#open.get(spec.id)];
      if (from === undefined || part === undefined) continue;
      if (from === spec || isDeepStrictEqual(from, spec)) {
        staying.add(spec.id);
        continue;
      }
      const change = this.#changePart(part, from, spec);
      if (change === undefined) continue;
      staying.add(spec.id);
      this.#pending.push(change);
    }
    const opened: Spec[] = [];
    try {
      await this.#close(before.filter(({ id }) => !staying.has(id)));
      for (const spec of specs) {
        if (staying.has(spec.id)) continue;
        this.#open.set(spec.id, await this.#openPart(spec));
        opened.push(spec);
      }
    } catch (error) {
      this.#pending = [];
      await this.#close(opened);
      for (const spec of before) {
        if (!this.#open.has(spec.id)) this.#open.set(spec.id, await this.#openPart(spec));
      }
      throw error;
    }
    this.#specs = specs;
    return async () => {
      this.#pending = [];
      // What stayed open is as it was.
      const kept = specs.map((spec) => (staying.has(spec.id) ? (old.get(spec.id) ?? spec) : spec));
      this.#specs = kept;
      await this.change(before);
      this.settle();
    };
  }

  /** What stayed open becomes as its spec says, at once. */
  settle(): void {
    for (const change of this.#pending.splice(0)) change();
  }

  async #close(specs: readonly Spec[]): Promise<void> {
    const closing = specs.map(({ id }) => {
      const part = this.#open.get(id);
      this.#open.delete(id);
      return part?.[Symbol.asyncDispose]();
    });
    await Promise.all(closing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close(this.#specs);
  }
}
