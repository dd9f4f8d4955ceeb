import type { Clock, Trust } from '#kit/clock.ts';
import type { ClockTrust } from '#kit/trust.ts';
import {
  type AnchorState,
  anchorTrust,
  EARLIEST,
  NO_ANCHOR,
  type Offer,
  type OfferAnswer,
  type TimeSource,
  takeOffer,
} from './anchor.ts';

/** A change of `at − tick` of more than this is a step, ms; less is rounding. */
const STEP_MS = 1000;

/**
 * The system's clock while that is trusted; else a time of its own, which sources told and which runs on by the line that
 * never steps. It sets no clock of the system's: that is not a gateway's right.
 *
 * A step of the system's wall clock, and another trust in it, are seen at the next look at the time, so before anything is
 * stamped by it.
 */
export class KeptClock implements Clock {
  readonly sources: readonly TimeSource[];
  readonly #system: Clock;
  readonly #trust: Pick<ClockTrust, 'trust' | 'stepped'>;
  #state: AnchorState = NO_ANCHOR;
  /** Wall clock less line at its last step, ms. */
  #systemShift: number;
  #seenTrust: Trust;
  #knownShift: number | null = null;
  #onChange: () => void = () => {};
  /** Steps of the wall clock, and offers that were not taken, since the start. */
  steps = 0;
  refused = 0;

  constructor(system: Clock, trust: Pick<ClockTrust, 'trust' | 'stepped'>, sources: readonly TimeSource[] = []) {
    this.#system = system;
    this.#trust = trust;
    this.sources = sources;
    this.#systemShift = system.now() - system.tick();
    this.#seenTrust = trust.trust();
  }

  now(): number {
    const tick = this.#system.tick();
    const at = this.#system.now();
    this.#look(at - tick);
    const { anchor } = this.#state;
    if (anchor !== null) return Math.round(tick + anchor.shiftMs);
    return this.#knownShift !== null && at < EARLIEST ? tick + this.#knownShift : at;
  }

  /**
   * The last time that was known, from the ledger. While the wall clock lies before this gateway was made, as that of a box
   * without a clock does at its start, time goes on from there: it is nearer, and no entry comes before an earlier one.
   */
  remember(at: number): void {
    this.#knownShift = at - this.#system.tick();
  }

  tick = (): number => this.#system.tick();
  fine = (): number => this.#system.fine?.() ?? this.#system.tick();
  sleep = (ms: number, signal?: AbortSignal): Promise<void> => this.#system.sleep(ms, signal);
  after = (ms: number, run: () => void): (() => void) => this.#system.after(ms, run);

  trust(): Trust {
    return this.#state.anchor === null ? this.#trust.trust() : anchorTrust(this.#state, this.#system.tick());
  }

  /** Whom the time is from now: the system, who told it, or what was known last. */
  get source(): TimeSource | 'system' | 'ledger' {
    const isRemembered = this.#knownShift !== null && this.#system.now() < EARLIEST;
    return this.#state.anchor?.source ?? (isRemembered ? 'ledger' : 'system');
  }

  /** What it is ahead of the system's clock by, ms. */
  get offsetMs(): number {
    return this.now() - this.#system.now();
  }

  /** Whether others may tell the time: the system cannot. */
  get isWanting(): boolean {
    return this.#trust.trust() === 'unknown';
  }

  /** Calls `listener` when the time was moved or is trusted otherwise, before anything is stamped by it. */
  listen(listener: () => void): void {
    this.#onChange = listener;
  }

  /** Takes the time from a source, if the system has none and it can be true. */
  offer(offer: Offer): OfferAnswer {
    const { state, answer } = takeOffer(this.#state, offer, this.sources);
    this.#state = state;
    if (answer.status === 'refused') this.refused++;
    if (answer.status === 'set') this.#onChange();
    return answer;
  }

  /** The system is trusted again: its time is the time. True when another one was kept until then. */
  release(): boolean {
    if (this.#state.anchor === null || this.isWanting) return false;
    this.#state = NO_ANCHOR;
    this.#onChange();
    return true;
  }

  #look(shift: number): void {
    const isStepped = Math.abs(shift - this.#systemShift) > STEP_MS;
    if (isStepped) {
      this.#systemShift = shift;
      this.steps++;
      void this.#trust.stepped();
    }
    const trust = this.trust();
    if (trust === this.#seenTrust && (!isStepped || this.#state.anchor !== null)) return;
    this.#seenTrust = trust;
    this.#onChange();
  }
}
