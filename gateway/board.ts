import type { SitePoint } from '../config/site.ts';
import type { Reading } from '../drivers/reading.ts';

/** The newest reading of every point, for people. */
export class Board {
  /** Why a part of the gateway does not do its work, by what it is of. */
  readonly failures = new Map<string, string>();
  readonly counts = { good: 0, uncertain: 0, bad: 0 };
  #points: readonly SitePoint[];
  readonly #last = new Map<string, Reading>();
  readonly #listeners = new Set<(batch: readonly Reading[]) => void>();

  constructor(points: readonly SitePoint[]) {
    this.#points = points;
  }

  /** The points are these from now on. */
  change(points: readonly SitePoint[]): void {
    this.#points = points;
    const keys = new Set(points.map(({ key }) => key));
    for (const key of this.#last.keys()) if (!keys.has(key)) this.#last.delete(key);
  }

  /** A late reading is shown where nothing newer is known, never in the place of what is. */
  take(batch: readonly Reading[]): void {
    let shown = batch;
    for (const reading of batch) {
      this.counts[reading.quality]++;
      if (reading.late && !this.#isNewest(reading)) shown = shown.filter((other) => other !== reading);
      else this.#last.set(reading.point, reading);
    }
    if (shown.length > 0) for (const listener of this.#listeners) listener(shown);
  }

  #isNewest(late: Reading): boolean {
    const last = this.#last.get(late.point);
    return last === undefined || (late.deviceAt ?? late.at) > (last.deviceAt ?? last.at);
  }

  points() {
    return this.#points.map(({ key, device, deviceName, id, quantity, unit, scene, place, link, everyMs }) => {
      const last = this.#last.get(key) ?? null;
      return { key, device, deviceName, id, quantity, unit, scene, place, link, everyMs, last };
    });
  }

  listen(listener: (batch: readonly Reading[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
