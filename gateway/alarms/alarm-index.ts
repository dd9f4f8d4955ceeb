import type { Alarm } from './alarm.ts';

/** The alarms that are not closed, one at most for a rule on a point; found by key, id and device. */
export class AlarmIndex {
  readonly #open = new Map<string, Alarm>();
  readonly #keyOf = new Map<string, string>();
  readonly #byDevice = new Map<string, Set<string>>();

  get all(): readonly Alarm[] {
    return [...this.#open.values()];
  }

  get(key: string): Alarm | null {
    return this.#open.get(key) ?? null;
  }

  /** By id, or by key. */
  find(idOrKey: string): Alarm | null {
    return this.get(this.#keyOf.get(idOrKey) ?? idOrKey);
  }

  /** Keys of those on a device, or on a point `device/point`, in their order. */
  keysOn(on: string): readonly string[] {
    const [device = on] = on.split('/', 1);
    const keys = [...(this.#byDevice.get(device) ?? [])].sort();
    return on === device ? keys : keys.filter((key) => key.endsWith(`@${on}`));
  }

  /** Closed, it is dropped. */
  put(alarm: Alarm): void {
    const { key, device } = alarm.watch;
    const before = this.#open.get(key);
    // Of the same key there is one at most: another id is of a later one.
    if (before !== undefined && before.id !== alarm.id) this.#keyOf.delete(before.id);
    const onDevice = this.#byDevice.get(device) ?? new Set();
    if (alarm.closedAt === null) {
      this.#open.set(key, alarm);
      this.#keyOf.set(alarm.id, key);
      this.#byDevice.set(device, onDevice.add(key));
    } else {
      this.#open.delete(key);
      this.#keyOf.delete(alarm.id);
      onDevice.delete(key);
      if (onDevice.size === 0) this.#byDevice.delete(device);
    }
  }
}
