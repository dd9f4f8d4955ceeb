import type { Trust } from '#kit/clock.ts';

/** Who can tell the time when the system cannot. */
export type TimeSource = 'modem' | 'platform' | 'hj212';

/** The time as a source tells it. */
export interface Offer {
  readonly source: TimeSource;
  /** UTC ms at that point of the line, and how far it may be off. */
  readonly at: number;
  readonly accuracyMs: number;
  /** Milliseconds of a line that never steps. */
  readonly line: number;
}

/** A time that was taken: from then on it runs on by the line. */
interface Anchor {
  readonly source: TimeSource;
  /** UTC less line, ms. */
  readonly shiftMs: number;
  /** Point of the line at which it was last borne out. */
  readonly confirmedAt: number;
}

export interface AnchorState {
  readonly anchor: Anchor | null;
  /** Offers of one source that agree with each other, and not with the anchor. */
  readonly contrary: { readonly source: TimeSource; readonly shiftMs: number; readonly count: number } | null;
}

export const NO_ANCHOR: AnchorState = { anchor: null, contrary: null };

/** Why an offer is not taken. */
export type OfferRefusal = 'before-build' | 'too-far' | 'jump';

export type OfferAnswer =
  | { readonly status: 'set' | 'confirmed' }
  | { readonly status: 'refused'; readonly code: OfferRefusal; readonly message: string };

/** No gateway of this version ran before. A modem that no network has told begins in 1970, 1980 or 2004. */
export const EARLIEST = Date.UTC(2026, 0, 1);
/** No box runs for so long. */
export const LATEST = Date.UTC(2056, 0, 1);
/** So far two tellings of the time may be apart beside what they own up to: a network's answer may lie somewhere. */
const JUMP_MS = 5000;
/** A crystal's drift in a hot box, a share. */
const DRIFT = 200e-6;
/** So many times in a row a source must contradict what was taken before it is believed. */
const TIMES = 3;
const FRESH_MS = 3_600_000;
const HOLDS_MS = 24 * 3_600_000;
/** A second, as a modem tells it, is no news. */
const NEWS_MS = 1000;

/**
 * Weighs the time that a source tells against what is known. `order`: the sources, the one that is believed most first; a
 * later one moves what an earlier one has said within the hour by nothing.
 */
export function takeOffer(
  state: AnchorState,
  offer: Offer,
  order: readonly TimeSource[],
): { readonly state: AnchorState; readonly answer: OfferAnswer } {
  const { source, at, line, accuracyMs } = offer;
  const refuse = (code: OfferRefusal, message: string, next: AnchorState = state) => ({
    state: next,
    answer: { status: 'refused', code, message } as const,
  });
  const said = `${source} says ${Number.isFinite(at) && Math.abs(at) < 8.64e15 ? new Date(at).toISOString() : at}`;
  if (!(at >= EARLIEST)) return refuse('before-build', `${said}, which is before this gateway was made`);
  if (at > LATEST) return refuse('too-far', `${said}, which is too far ahead to be true`);
  const shiftMs = at - line;
  const set = {
    state: { anchor: { source, shiftMs, confirmedAt: line }, contrary: null },
    answer: { status: 'set' } as const,
  };
  const { anchor, contrary } = state;
  if (anchor === null || anchorTrust(state, line) === 'unknown') return set;
  const age = line - anchor.confirmedAt;
  const gap = Math.abs(shiftMs - anchor.shiftMs);
  const isOutranked = age < FRESH_MS && order.indexOf(anchor.source) < order.indexOf(source);
  if (gap <= JUMP_MS + accuracyMs + age * DRIFT) {
    if (isOutranked) return { state, answer: { status: 'confirmed' } };
    if (gap > Math.max(NEWS_MS, accuracyMs)) return set;
    return {
      state: { anchor: { ...anchor, source, confirmedAt: line }, contrary: null },
      answer: { status: 'confirmed' },
    };
  }
  const apart = `${said}, ${Math.round(gap / 1000)} s from what ${anchor.source} has said`;
  if (isOutranked) return refuse('jump', apart);
  const isSame = contrary?.source === source && Math.abs(contrary.shiftMs - shiftMs) <= JUMP_MS;
  const count = isSame ? contrary.count + 1 : 1;
  if (count >= TIMES) return set;
  return refuse('jump', apart, { anchor, contrary: { source, shiftMs, count } });
}

/** How far a time that sources told is to be trusted: for an hour as it is, for a day as a crystal holds it. */
export function anchorTrust({ anchor }: AnchorState, line: number): Trust {
  if (anchor === null) return 'unknown';
  const age = line - anchor.confirmedAt;
  if (age < FRESH_MS) return 'synchronised';
  return age < HOLDS_MS ? 'holding' : 'unknown';
}
