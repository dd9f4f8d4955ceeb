import type { UnknownDevice } from '../../driver.ts';

const MOST = 100;

/** Devices that are heard and are none of the site's; the one that was silent longest makes room. */
export class UnknownDevices {
  /** In the order in which they were heard last. */
  readonly #devices = new Map<string, UnknownDevice>();

  heard(id: string, now: number, sample: string): void {
    const before = this.#devices.get(id);
    this.#devices.delete(id);
    if (this.#devices.size >= MOST) {
      const [longest] = this.#devices.keys();
      if (longest !== undefined) this.#devices.delete(longest);
    }
    this.#devices.set(id, {
      id,
      firstAt: before?.firstAt ?? now,
      lastAt: now,
      count: (before?.count ?? 0) + 1,
      sample,
    });
  }

  /** The latest heard first. */
  list(): UnknownDevice[] {
    return [...this.#devices.values()].reverse();
  }
}
