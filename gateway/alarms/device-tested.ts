import type { EntryDraft } from './alarm-event.ts';

export const DEVICE_TESTED = 'city.gengfu.device.tested';

interface TestedPoint {
  readonly key: string;
  readonly device: string;
  readonly id: string;
  readonly quantity: string;
}

interface StateReading {
  readonly point: string;
  readonly value: number | string | null;
  readonly at: number;
  readonly quality: string;
}

const NONE: readonly EntryDraft[] = [];

/** A smoke or gas detector's `test` raises no alarm; it is told as an event of the device, once for each test (RULES.md, section 5). */
export class TestWatch {
  #points: ReadonlyMap<string, TestedPoint> = new Map();
  readonly #inTest = new Set<string>();
  readonly #encodeTime: (at: number) => string;

  constructor(points: readonly TestedPoint[], encodeTime: (at: number) => string) {
    this.#encodeTime = encodeTime;
    this.change(points);
  }

  /** The points are these from now on; a test that is told of is not told again. */
  change(points: readonly TestedPoint[]): void {
    const tested = points.filter(({ quantity }) => quantity === 'smoke.state' || quantity === 'gas.state');
    this.#points = new Map(tested.map((point) => [point.key, point]));
    for (const key of this.#inTest) if (!this.#points.has(key)) this.#inTest.delete(key);
  }

  take(batch: readonly StateReading[]): readonly EntryDraft[] {
    if (this.#points.size === 0) return NONE;
    let told: EntryDraft[] | null = null;
    for (const { point: key, value, at, quality } of batch) {
      const point = this.#points.get(key);
      if (point === undefined || quality !== 'good') continue;
      if (value !== 'test') {
        this.#inTest.delete(key);
      } else if (!this.#inTest.has(key)) {
        this.#inTest.add(key);
        const data = { device: point.device, point: point.id, quantity: point.quantity };
        told ??= [];
        told.push({ type: DEVICE_TESTED, subject: key, time: this.#encodeTime(at), data });
      }
    }
    return told ?? NONE;
  }
}
