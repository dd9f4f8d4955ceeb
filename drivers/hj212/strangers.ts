import type { UnknownDevice } from '../driver.ts';
import type { Frame } from './frame.ts';

const MOST = 100;
const LONGEST_ID = 64;
const LONGEST_SAMPLE = 200;
const NO_MN = '(no MN)';

/**
 * Instruments that speak on a link and are none of the site's: their values go nowhere, the installer sees them and may
 * adopt them. At the bound the one that was not heard for longest is forgotten.
 */
export class Strangers {
  /** By MN, the latest heard last. */
  readonly #known = new Map<string, UnknownDevice>();
  forgotten = 0;

  heard(frame: Frame, from: string, at: number): void {
    const id = frame.mn === '' ? NO_MN : frame.mn.slice(0, LONGEST_ID);
    const before = this.#known.get(id);
    this.#known.delete(id);
    this.#known.set(id, {
      id,
      from,
      firstAt: before?.firstAt ?? at,
      lastAt: at,
      count: (before?.count ?? 0) + 1,
      sample: sampleOf(frame),
    });
    if (this.#known.size <= MOST) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      this.forgotten++;
      return;
    }
  }

  /** The latest heard first. */
  list(): UnknownDevice[] {
    return [...this.#known.values()].reverse();
  }
}

/** The command and the names of its fields: no value, and never the password. */
const sampleOf = ({ st, cn, cp }: Frame): string =>
  [`ST=${st} CN=${cn}`, ...cp.flat().map(([name]) => name)].join(' ').slice(0, LONGEST_SAMPLE);
