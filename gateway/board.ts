import type { SitePoint } from '../config/site.ts';
import type { Reading } from '../drivers/reading.ts';

/** The newest reading of every point, for people. */
export class Board {
  readonly failures: string[] = [];
  readonly counts = { good: 0, uncertain: 0, bad: 0 };
  readonly #points: readonly SitePoint[];
  readonly #last = new Map<string, Reading>();
  readonly #listeners = new Set<(batch: readonly Reading[]) => void>();

  constructor(points: readonly SitePoint[]) {
    this.#points = points;
  }

  take(batch: readonly Reading[]): void {
    for (const reading of batch) {
      this.counts[reading.quality]++;
      this.#last.set(reading.point, reading);
    }
    for (const listener of this.#listeners) listener(batch);
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
