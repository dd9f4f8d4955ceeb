import type { Reading } from '../../drivers/reading.ts';
import { DERIVE_MEMORY_MS, type Deriver, type DeriverState } from './derive.ts';

/** Values that wait to be taken: of a restart or of a reload, before anybody listens. */
const MOST_WAITING = 10_000;

const nameOf = ({ point, at }: Reading): string => `${point}@${at}`;

/** All that is derived at a site: readings like any other, which nobody else measures. */
export class DerivedPoints {
  /** UTC ms at which the next period ends or begins; Infinity when nothing is derived. */
  until = Number.POSITIVE_INFINITY;
  readonly #derivers: readonly Deriver[];
  /** By the points that they give. */
  readonly #byPoint: ReadonlyMap<string, Deriver>;
  #waiting: Reading[] = [];
  /** Values that history has already. */
  readonly #known = new Set<string>();

  constructor(derivers: readonly Deriver[]) {
    this.#derivers = derivers;
    this.#byPoint = new Map(derivers.flatMap((deriver) => deriver.points.map((point) => [point, deriver] as const)));
    this.#look();
  }

  get isEmpty(): boolean {
    return this.#derivers.length === 0;
  }

  /** How far back history must go for what is not stored yet, ms. */
  get memoryMs(): number {
    return this.isEmpty ? 0 : DERIVE_MEMORY_MS;
  }

  /**
   * What of readings, such as those of a recording, is not derived here: history has what was told before, and what comes
   * of its readings again is not told twice. Values from before what was restored stay, to fill windows.
   */
  withoutOwn(readings: readonly Reading[]): readonly Reading[] {
    if (this.isEmpty || !readings.some(({ point }) => this.#byPoint.has(point))) return readings;
    return readings.filter((reading) => {
      const deriver = this.#byPoint.get(reading.point);
      if (deriver === undefined || deriver.hadTold(reading.tick)) return true;
      if (this.#known.size < MOST_WAITING) this.#known.add(nameOf(reading));
      return false;
    });
  }

  /** What periods that end at `at` or before it give. */
  turn(at: number, tick: number): readonly Reading[] {
    return this.#tell(this.#derivers.flatMap((deriver) => deriver.turn(at, tick)));
  }

  /** The clock was set to `at`. */
  step(at: number, tick: number): readonly Reading[] {
    return this.#tell(this.#derivers.flatMap((deriver) => deriver.step(at, tick)));
  }

  /** What was derived since it was last asked, for those who keep and show readings. */
  take(): readonly Reading[] {
    if (this.#waiting.length === 0) return this.#waiting;
    const taken = this.#waiting.filter((reading) => !this.#known.has(nameOf(reading)));
    this.#waiting = [];
    this.#known.clear();
    return taken;
  }

  /** The states that it is time to store. */
  save(tick: number): { readonly key: string; readonly state: object }[] {
    return this.#derivers.flatMap((deriver) => {
      const state = deriver.save(tick);
      return state === null ? [] : [{ key: deriver.key, state }];
    });
  }

  snapshot(): { readonly key: string; readonly state: object }[] {
    return this.#derivers.map((deriver) => ({ key: deriver.key, state: deriver.snapshot() }));
  }

  restore(saved: ReadonlyMap<string, object>, shift: number): void {
    for (const deriver of this.#derivers) {
      const state = saved.get(deriver.key) as DeriverState | undefined;
      if (state !== undefined) deriver.restore(state, shift);
    }
    this.#look();
  }

  #tell(readings: readonly Reading[]): readonly Reading[] {
    for (const reading of readings) this.#waiting.push(reading);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.splice(0, this.#waiting.length - MOST_WAITING);
    this.#look();
    return readings;
  }

  #look(): void {
    this.until = Math.min(...this.#derivers.map((deriver) => deriver.until));
  }
}
