import type { DeviceClock } from '../../drivers/network-time.ts';
import { EARLIEST, LATEST, type Offer } from './anchor.ts';

/** So far two instruments' clocks may be apart and still agree, ms, beside what they own up to. */
const AGREE_MS = 5000;
/** What was said longer ago counts no more, ms. */
const FRESH_MS = 3_600_000;

/** What the instruments together say: a time, why there is none, or nothing new. */
export type InstrumentsSay = { readonly offer: Offer } | { readonly error: string } | undefined;

interface Told {
  readonly device: string;
  /** UTC less line, ms. */
  readonly shiftMs: number;
  readonly line: number;
  readonly accuracyMs: number;
}

/**
 * The time by the own clocks of some instruments. Nobody vouches for one, so where more than one is named two must agree,
 * and more must not say otherwise. Each telling is offered once.
 */
export class InstrumentClocks {
  #offered = Number.NEGATIVE_INFINITY;

  /** `line`: now, on a line that never steps. */
  ask(named: readonly string[], clocks: readonly DeviceClock[], line: number): InstrumentsSay {
    const told = clocks
      .filter(({ device, agoMs }) => named.includes(device) && agoMs < FRESH_MS)
      .map(({ device, at, agoMs, accuracyMs }): Told => {
        const saidAt = line - agoMs;
        return { device, shiftMs: at - saidAt, line: saidAt, accuracyMs };
      });
    if (told.every((each) => each.line <= this.#offered)) return undefined;
    const possible = told.filter(isPossible);
    const agreed = largest((possible.length === 0 ? told : possible).map((one, _, all) => agreeing(one, all)));
    if (agreed === null) return { error: `${named.join(', ')}: their clocks do not agree` };
    if (named.length > 1 && agreed.length < 2) {
      return { error: `only ${agreed.map(({ device }) => device).join()} of ${named.join(', ')} has told its time` };
    }
    // Being on its way only ever makes a time late.
    const best = agreed.reduce((one, other) => (other.shiftMs > one.shiftMs ? other : one));
    const newest = Math.max(...agreed.map((each) => each.line));
    if (newest <= this.#offered) return undefined;
    this.#offered = newest;
    return {
      offer: { source: 'hj212', at: newest + best.shiftMs, line: newest, accuracyMs: best.accuracyMs },
    };
  }
}

const isPossible = ({ shiftMs, line }: Told): boolean => shiftMs + line >= EARLIEST && shiftMs + line <= LATEST;

const agreeing = (one: Told, all: readonly Told[]): readonly Told[] =>
  all.filter(({ shiftMs, accuracyMs }) => Math.abs(shiftMs - one.shiftMs) <= AGREE_MS + accuracyMs);

/** The one group of the most; null where another of as many says something else. */
function largest(groups: readonly (readonly Told[])[]): readonly Told[] | null {
  const most = Math.max(...groups.map(({ length }) => length));
  const [first, ...others] = groups.filter(({ length }) => length === most);
  if (first === undefined) return null;
  return others.some((group) => group.every((each) => !first.includes(each))) ? null : first;
}
