import { isDeepStrictEqual } from 'node:util';

/**
 * Parts of one kind that are open, one for each of a site's specs: links, upstreams. A change leaves those whose spec is
 * equal alone, with all that they hold.
 */
export class SiteParts<Spec extends { readonly id: string }, Part extends AsyncDisposable> implements AsyncDisposable {
  /** By id. */
  readonly open: ReadonlyMap<string, Part>;
  readonly #open = new Map<string, Part>();
  readonly #openPart: (spec: Spec) => Promise<Part>;
  #specs: readonly Spec[] = [];

  constructor(openPart: (spec: Spec) => Promise<Part>) {
    this.#openPart = openPart;
    this.open = this.#open;
  }

  /**
   * Makes them those of `specs`: what is gone or otherwise is closed, then what is new or otherwise is opened, since the
   * two may want the same port. If one cannot be opened, the parts are again those that they were, and it throws why.
   * Gives the way back.
   */
  async change(specs: readonly Spec[]): Promise<() => Promise<void>> {
    const before = this.#specs;
    const isAmong = (list: readonly Spec[], spec: Spec) =>
      list.some((each) => each.id === spec.id && isDeepStrictEqual(each, spec));
    const opened: Spec[] = [];
    try {
      await this.#close(before.filter((spec) => !isAmong(specs, spec)));
      for (const spec of specs) {
        if (isAmong(before, spec)) continue;
        this.#open.set(spec.id, await this.#openPart(spec));
        opened.push(spec);
      }
    } catch (error) {
      await this.#close(opened);
      for (const spec of before) {
        if (!this.#open.has(spec.id)) this.#open.set(spec.id, await this.#openPart(spec));
      }
      throw error;
    }
    this.#specs = specs;
    return async () => {
      await this.change(before);
    };
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
