import type { Reading } from '../../drivers/reading.ts';
import { type Packed, packReadings } from './columns.ts';
import type { Place } from './history.ts';
import { isMark } from './mark.ts';
import { type KeptPoint, Pending, readingsIn } from './pending.ts';
import type { Segment } from './recorded.ts';
import type { Whole } from './whole.ts';

/** A part of what is kept, in its order. */
export interface Page {
  readonly packed: Packed;
  /** Where to go on. */
  readonly place: Place;
  readonly isEnd: boolean;
  /** What stood between the place asked for and the first reading here is kept no more. */
  readonly isGap: boolean;
}

export interface Asked {
  /** Only readings with `at` after this. */
  readonly after: number;
  /** Readings of one answer; those of its last instant are all in it. */
  readonly limit: number;
  readonly points?: ReadonlySet<string> | undefined;
  readonly withMarks?: boolean;
}

type Indexed = readonly [index: number, reading: Reading];

interface Walk {
  readonly key: string;
  /** Taken from the iterator already, and the first of what comes next. */
  readonly first: Indexed | undefined;
  readonly readings: Iterator<Indexed, void>;
  readonly usedAt: number;
}

/** What is unpacked for one who reads on is kept so long. */
const KEEP_MS = 10_000;

/** What is kept, a page at a time, each reading once and in the order in which it was kept. */
export class Pages {
  readonly #whole: () => Whole;
  readonly #points: ReadonlyMap<number, KeptPoint>;
  /** A segment that is read on by the next question, so that it is unpacked once. */
  #walk: Walk | undefined;

  constructor(whole: () => Whole, points: ReadonlyMap<number, KeptPoint>) {
    this.#whole = whole;
    this.#points = points;
  }

  /** Readings from a place on, of one segment. */
  page(place: Place, asked: Asked): Page {
    const { segments, pending } = this.#whole();
    const source =
      segments.find(({ id, chunkBytes }) => id >= place.segment && chunkBytes > 0) ??
      pending.find(({ segment }) => segment >= place.segment);
    if (source === undefined) return { packed: packReadings([]), place, isEnd: true, isGap: false };
    const id = idOf(source);
    const isGap = place.segment > 0 && id > place.segment;
    const from = id === place.segment ? place.index : 0;
    const isEnd = source === pending.at(-1);
    const end = isEnd ? { segment: id, index: source.count } : { segment: id + 1, index: 0 };
    if (source.toAt <= asked.after) return { packed: packReadings([]), place: end, isEnd, isGap };

    const walk = this.#walk?.key === keyOf({ segment: id, index: from }, asked) ? this.#walk : undefined;
    this.#walk = undefined;
    const iterator = walk?.readings ?? this.#begin(source, from, asked);
    const readings: Reading[] = [];
    for (let first = walk?.first; ; first = undefined) {
      const found = first ?? iterator.next().value;
      if (!found) return { packed: packReadings(readings), place: end, isEnd, isGap };
      const [index, reading] = found;
      if (reading.at <= asked.after) continue;
      if (readings.length < asked.limit || reading.tick === readings.at(-1)?.tick) {
        readings.push(reading);
        continue;
      }
      const place = { segment: id, index };
      // The journal that is written to grows under who walks it.
      if (!isEnd) {
        this.#walk = { key: keyOf(place, asked), first: found, readings: iterator, usedAt: performance.now() };
      }
      return { packed: packReadings(readings), place, isEnd: false, isGap };
    }
  }

  /** Readings kept from a place on. */
  countFrom({ segment, index }: Place): number {
    const { segments, pending } = this.#whole();
    let count = 0;
    for (const each of segments) if (each.chunkBytes > 0 && each.id >= segment) count += each.count;
    for (const each of pending) if (each.segment >= segment) count += each.count;
    return Math.max(0, count - index);
  }

  /** Lets go of what is unpacked, at once or when nobody has asked for it for a while. */
  forget(isNow: boolean): void {
    if (this.#walk !== undefined && (isNow || performance.now() - this.#walk.usedAt > KEEP_MS)) this.#walk = undefined;
  }

  #begin(source: Segment | Pending, from: number, { points, withMarks }: Asked): Walk['readings'] {
    const wants = (key: string) => (isMark(key) ? withMarks === true : points === undefined || points.has(key));
    const wantedKeyOf = (number: number) => {
      const key = this.#points.get(number)?.key;
      return key !== undefined && wants(key) ? key : undefined;
    };
    if (source instanceof Pending) return readingsIn(source.frames, from, wantedKeyOf);
    return this.#whole().recorded.readings(source, from, wantedKeyOf);
  }
}

const idOf = (source: Segment | Pending): number => (source instanceof Pending ? source.segment : source.id);

const keyOf = ({ segment, index }: Place, { points, withMarks = false }: Asked): string =>
  `${segment} ${index} ${withMarks} ${points === undefined ? '' : [...points].join()}`;
