/** Rates within this share of 1 are the noise of the network, not a clock that runs faster. */
const NOISE = 0.2;
/** A rate is taken over at least this much real time. */
const SHORTEST_MS = 2000;

/** The gateway's clock as the page can tell it: its last word, run on at the rate seen between its words. */
export class SiteClock {
  #at = Number.NaN;
  #heard = 0;
  #base: { at: number; heard: number } | undefined;
  #rate = 1;

  /** UTC ms of the gateway, heard at `real` ms of a line that never steps. */
  hear(at: number, real: number): void {
    if (this.#base === undefined || at < this.#base.at) this.#base = { at, heard: real };
    const over = real - this.#base.heard;
    if (over >= SHORTEST_MS) {
      const rate = (at - this.#base.at) / over;
      this.#rate = Math.abs(rate - 1) < NOISE ? 1 : rate;
      this.#base = { at, heard: real };
    }
    this.#at = at;
    this.#heard = real;
  }

  /** UTC ms now; NaN before the first word. */
  now(real: number): number {
    return this.#at + (real - this.#heard) * this.#rate;
  }
}

export const siteClock = new SiteClock();
