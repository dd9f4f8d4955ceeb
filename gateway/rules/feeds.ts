import type { Background } from './background.ts';
import type { Deriver } from './derive.ts';
import type { NoiseFloor } from './noise-floor.ts';
import type { RulePoint } from './point.ts';
import { CELLS } from './rest.ts';
import type { RuleWatch } from './rule-watch.ts';
import type { While } from './while.ts';

/** Where the readings of one point go. */
export interface PointFeed {
  /** The watches that it feeds … */
  readonly watches: RuleWatch[];
  /** … and as which of their inputs. */
  readonly inputs: number[];
  /** What says by it whether rules are in force. */
  readonly whiles: { readonly while: While; readonly input: number }[];
  readonly backgrounds: { readonly background: Background | NoiseFloor; readonly input: number }[];
  readonly derivers: Deriver[];
}

/** No point of that key feeds anything. */
export const NOWHERE = -1;

/**
 * The feeds of a site's points, each at its place, which is found by the key. What is asked at every reading lies in rows:
 * that of a point beside that of the one read after it, so that a reading of a rule at rest touches nothing else.
 */
export class Feeds {
  readonly #places = new Map<string, number>();
  readonly #feeds: PointFeed[] = [];
  /** By place, the very text that readings name the point by: another one with the same letters takes longer to compare. */
  readonly #keys: string[] = [];
  /** By place, the place of the point that was read after it the last time. */
  #next = new Int32Array();
  #last = NOWHERE;
  /** Where in `cells` the rest of each watch begins. */
  readonly #laid = new Map<RuleWatch, number>();
  /** By place, where its watches begin in the rows below; those of the next place follow. */
  firsts = new Int32Array();
  watches: RuleWatch[] = [];
  /** As which of its inputs a watch is fed … */
  inputs: number[] = [];
  /** … and where in `cells` its rest begins. */
  rests = new Int32Array();
  /** The rests of all rules at work, `CELLS` numbers each. */
  cells = new Float64Array();

  /** That of a point, made if there is none. */
  of({ key }: RulePoint): PointFeed {
    const known = this.#feeds[this.#places.get(key) ?? NOWHERE];
    if (known !== undefined) return known;
    const made = { watches: [], inputs: [], whiles: [], backgrounds: [], derivers: [] };
    this.#places.set(key, this.#feeds.length);
    this.#feeds.push(made);
    this.#keys.push(key);
    return made;
  }

  /** The points that feed something. */
  get keys(): ReadonlySet<string> {
    return new Set(this.#places.keys());
  }

  has(point: string): boolean {
    return this.#places.has(point);
  }

  at(place: number): PointFeed | undefined {
    return this.#feeds[place];
  }

  /** Each watch is given its place in the rows, once all that is fed is known. */
  lay(): void {
    const { length } = this.#feeds;
    const rests: number[] = [];
    this.firsts = new Int32Array(length + 1);
    for (const [place, { watches, inputs }] of this.#feeds.entries()) {
      this.watches.push(...watches);
      this.inputs.push(...inputs);
      for (const watch of watches) {
        const from = this.#laid.get(watch) ?? this.#laid.size * CELLS;
        this.#laid.set(watch, from);
        rests.push(from);
      }
      this.firsts[place + 1] = rests.length;
    }
    this.rests = Int32Array.from(rests);
    this.cells = new Float64Array(this.#laid.size * CELLS);
    this.#next = new Int32Array(length).fill(NOWHERE);
  }

  /** These are the rules at work from now on: their rests lie here, with what is in them. */
  bringRests(): void {
    for (const [{ rest }, from] of this.#laid) rest.moveTo(this.cells, from);
  }

  /** Points are read in the same order over and over, so the next one is nearly always known without looking it up. */
  find(point: string): number {
    const next = this.#last === NOWHERE ? NOWHERE : (this.#next[this.#last] ?? NOWHERE);
    if (next !== NOWHERE && this.#keys[next] === point) {
      this.#last = next;
      return next;
    }
    const found = this.#places.get(point);
    if (found === undefined) return NOWHERE;
    if (this.#last !== NOWHERE) this.#next[this.#last] = found;
    this.#keys[found] = point;
    this.#last = found;
    return found;
  }
}
