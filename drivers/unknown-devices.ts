import type { UnknownDevice } from './driver.ts';

/** As many as a status shows. */
const MOST = 100;
const LONGEST_ID = 64;
const LONGEST_SAMPLE = 200;

const printable = (text: string, longest: number): string => text.replace(/\p{C}/gu, '·').slice(0, longest);

/** Who spoke on a link and is no device of the site, bounded: the one that was silent longest goes first. */
export class UnknownDevices {
  readonly #heard = new Map<string, UnknownDevice>();

  /** `at`: UTC milliseconds. Id and sample are made printable and cut; that no secret is in them is the caller's. */
  hear(name: string, at: number, { from, sample }: Pick<UnknownDevice, 'from' | 'sample'> = {}): void {
    const id = printable(name, LONGEST_ID);
    const before = this.#heard.get(id);
    this.#heard.delete(id);
    this.#heard.set(id, {
      id,
      ...(from === undefined ? {} : { from }),
      firstAt: before?.firstAt ?? at,
      lastAt: at,
      count: (before?.count ?? 0) + 1,
      ...(sample === undefined ? {} : { sample: printable(sample, LONGEST_SAMPLE) }),
    });
    if (this.#heard.size <= MOST) return;
    for (const oldest of this.#heard.keys()) {
      this.#heard.delete(oldest);
      return;
    }
  }

  /** It is one of the site's now. */
  forget(name: string): void {
    this.#heard.delete(printable(name, LONGEST_ID));
  }

  /** The latest heard first. */
  list(): readonly UnknownDevice[] {
    return [...this.#heard.values()].reverse();
  }
}
