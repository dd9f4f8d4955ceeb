import type { Background } from './background.ts';
import type { Deriver } from './derive.ts';
import type { NoiseFloor } from './noise-floor.ts';
import type { RulePoint } from './point.ts';
import type { RuleWatch } from './rule-watch.ts';
import type { While } from './while.ts';

/** Where the readings of one point go. */
export interface PointFeed {
  /** Of the point. */
  readonly key: string;
  /** The one that was read after it the last time. */
  next: PointFeed | null;
  /** The watches that it feeds … */
  readonly watches: RuleWatch[];
  /** … and as which of their inputs. */
  readonly inputs: number[];
  /** What says by it whether rules are in force. */
  readonly whiles: { readonly while: While; readonly input: number }[];
  readonly backgrounds: { readonly background: Background | NoiseFloor; readonly input: number }[];
  readonly derivers: Deriver[];
}

/** The feeds of a site's points, by their keys. */
export class Feeds {
  readonly #feeds = new Map<string, PointFeed>();
  #last: PointFeed | null = null;

  /** That of a point, made if there is none. */
  of({ key }: RulePoint): PointFeed {
    const known = this.#feeds.get(key);
    if (known !== undefined) return known;
    const made = { key, next: null, watches: [], inputs: [], whiles: [], backgrounds: [], derivers: [] };
    this.#feeds.set(key, made);
    return made;
  }

  /** The points that feed something. */
  get keys(): ReadonlySet<string> {
    return new Set(this.#feeds.keys());
  }

  has(point: string): boolean {
    return this.#feeds.has(point);
  }

  /** Points are read in the same order over and over, so the next one is nearly always known without looking it up. */
  find(point: string): PointFeed | undefined {
    const last = this.#last;
    const next = last?.next;
    if (next?.key === point) {
      this.#last = next;
      return next;
    }
    const found = this.#feeds.get(point);
    if (found === undefined) return undefined;
    if (last !== null) last.next = found;
    this.#last = found;
    return found;
  }
}
