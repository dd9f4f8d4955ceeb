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
  readonly #entries = new Map<string, Entry>();

  /** Counts from `tick`, the time of opening. `periodsOf`: after how many of its periods a point is silent. */
  constructor(
    points: readonly Point[],
    tick: number,
    periodsOf: (point: Point) => number = () => SILENT_AFTER_PERIODS,
  ) {
    for (const point of points) {
      const silentAfterMs = periodsOf(point) * point.everyMs;
      this.#entries.set(point.key, { point, silentAfterMs, dueAt: tick + silentAfterMs, state: 'new' });
    }
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
