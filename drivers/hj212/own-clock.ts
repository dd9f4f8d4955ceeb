/** So far what a clock says and the line may come apart between two tellings, ms: whole seconds, and a network's delay. */
const APART_MS = 5000;
/** Two tellings closer than this show nothing, ms: a clock that stands still would pass. */
const LEAST_MS = 10_000;

/** What a clock said, and when on the wire's line. */
export interface ClockTold {
  /** UTC ms. */
  readonly at: number;
  readonly tick: number;
}

/**
 * An instrument's own clock, by the DataTime of its real-time data: the moment of the sample (HJ 212-2017, table 5). It
 * counts when it has gone as the line did from one telling to a later one. What an instrument sends afterwards that it kept
 * while it was away goes faster, and a clock that stands still slower.
 */
export class OwnClock {
  #before: ClockTold | undefined;
  #told: ClockTold | undefined;

  /** The last telling that counts. */
  get told(): ClockTold | undefined {
    return this.#told;
  }

  hear(at: number, tick: number): void {
    const before = this.#before;
    const passed = before === undefined ? 0 : tick - before.tick;
    const isApart = before === undefined || Math.abs(at - before.at - passed) > APART_MS;
    if (!isApart && passed < LEAST_MS) return;
    const now = { at, tick };
    this.#before = now;
    this.#told = isApart ? undefined : now;
  }
}
