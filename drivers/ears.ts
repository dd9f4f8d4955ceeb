import type { Overheard } from './driver.ts';

const MOST_WHO = 200;
const MOST_WHAT = 500;

/** Who listens to what passes on a link. Nothing is made up for nobody. */
export class Ears {
  readonly #listeners = new Set<(heard: Overheard) => void>();

  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Returns the way to stop. */
  tap(listener: (heard: Overheard) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** `make` is called only while somebody listens; what is not printable in it is left out. */
  tell(make: () => Overheard): void {
    if (this.#listeners.size === 0) return;
    const { who, what, ...rest } = make();
    const heard = { ...rest, who: who === null ? null : printable(who, MOST_WHO), what: printable(what, MOST_WHAT) };
    for (const listener of this.#listeners) listener(heard);
  }
}

const printable = (text: string, most: number): string => text.replaceAll(/\p{C}/gu, '').slice(0, most);
