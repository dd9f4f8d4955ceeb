import { ProbePace } from './standing.ts';
import type { Unit } from './unit.ts';

/** Which of the units that are away is asked next whether it is back, and when. Pure: ticks of the wire are handed in. */
export class Probes {
  readonly #units: readonly Unit[];
  readonly #pace: ProbePace;
  /** One at a time. */
  #isProbing = false;
  /** Some unit that is away was due: else nobody need be looked for. */
  #someWanted = false;

  /** `share`: of the link's time, for all units that are away. */
  constructor(units: readonly Unit[], share: number) {
    this.#units = units;
    this.#pace = new ProbePace(share);
  }

  /** The line is new: what was away may be back. */
  reset(): void {
    this.#pace.reset();
  }

  /** Whether there may be any to make. */
  get areWanted(): boolean {
    return this.#someWanted;
  }

  /** A poll of a unit that is away was due. */
  want(unit: Unit): void {
    unit.wanted = true;
    this.#someWanted = true;
  }

  /** The unit that was away longest without a probe, when one may be made now. */
  pick(now: number, isIdle: () => boolean): Unit | undefined {
    if (this.#isProbing) return undefined;
    let found: Unit | undefined;
    this.#someWanted = false;
    for (const unit of this.#units) {
      const { standing, busy, wanted } = unit;
      this.#someWanted ||= wanted;
      if (!wanted || busy || !standing.isAway || !standing.mayAsk(now)) continue;
      if (found === undefined || standing.askedAt < found.standing.askedAt) found = unit;
    }
    return found !== undefined && (this.#pace.mayProbe(now) || isIdle()) ? found : undefined;
  }

  begin(unit: Unit): void {
    unit.wanted = false;
    this.#isProbing = true;
  }

  /** `costMs`: what it took from the others; 0 when it was answered, or cost nobody anything. */
  end(now: number, costMs: number): void {
    this.#isProbing = false;
    if (costMs > 0) this.#pace.cost(now, costMs);
  }

  /** A unit went away after a request that took so long: the first one costs the others already. */
  lost(unit: Unit, now: number, tookMs: number): void {
    if (!this.#units.some((other) => other !== unit && other.standing.isAway)) {
      this.#pace.cost(now, Math.min(tookMs, unit.standing.timeoutMs));
    }
  }
}
