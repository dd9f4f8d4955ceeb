import { isEqual } from '#kit/equal.ts';
import type { Point } from './point.ts';

/** A point is silent once it has said nothing for so many of its periods, unless the driver knows better. */
const SILENT_AFTER_PERIODS = 3;

interface Entry {
  readonly point: Point;
  readonly silentAfterMs: number;
  /** When it is silent, or when it has been so for another period; ticks. */
  dueAt: number;
  state: 'new' | 'heard' | 'silent';
}

/** Which points have been silent for some of their periods, and for each further one. It sets no timer. */
export class Silence {
  #entries: ReadonlyMap<string, Entry> = new Map();

  /** Counts from `tick`, the time of opening. `periodsOf`: after how many of its periods a point is silent. */
  constructor(
    points: readonly Point[],
    tick: number,
    periodsOf: (point: Point) => number = () => SILENT_AFTER_PERIODS,
  ) {
    this.change(points, tick, periodsOf);
  }

  /** From now on these are its points. Of one that is equal all stays known; any other counts from `tick`. */
  change(
    points: readonly Point[],
    tick: number,
    periodsOf: (point: Point) => number = () => SILENT_AFTER_PERIODS,
  ): void {
    const entryOf = (point: Point): Entry => {
      const silentAfterMs = periodsOf(point) * point.everyMs;
      const before = this.#entries.get(point.key);
      const isSame = before?.silentAfterMs === silentAfterMs && isEqual(before.point, point);
      return isSame ? before : { point, silentAfterMs, dueAt: tick + silentAfterMs, state: 'new' };
    };
    this.#entries = new Map(points.map((point) => [point.key, entryOf(point)]));
  }

  /** A reading of the point came, of whatever quality. */
  heard(key: string, tick: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.dueAt = tick + entry.silentAfterMs;
    entry.state = 'heard';
  }

  /** Nobody could be heard for so long: that counts as nobody's silence. */
  excuse(ms: number): void {
    for (const entry of this.#entries.values()) entry.dueAt += ms;
  }

  /** The points that owe a bad reading at `tick`; each owes one a period, however late this is called. */
  takeDue(tick: number): Point[] {
    const due: Point[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.dueAt > tick) continue;
      due.push(entry.point);
      const { everyMs } = entry.point;
      entry.dueAt += (Math.floor((tick - entry.dueAt) / everyMs) + 1) * everyMs;
      entry.state = 'silent';
    }
    return due;
  }

  /** When `takeDue` has something at the earliest; undefined without points. */
  nextAt(): number | undefined {
    let next: number | undefined;
    for (const { dueAt } of this.#entries.values()) next = next === undefined ? dueAt : Math.min(next, dueAt);
    return next;
  }

  stateOf(key: string): 'new' | 'heard' | 'silent' {
    return this.#entries.get(key)?.state ?? 'new';
  }
}
