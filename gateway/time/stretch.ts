/** A part of the log that was written by one wall clock which nobody vouched for. */
export interface Segment {
  /** The sequence of its first entry. */
  readonly from: number;
  /** Which boot of the machine, and UTC less that boot's line, ms; null where it cannot be told any more. */
  readonly boot: string;
  readonly shiftMs: number | null;
  /** The least that the clock was trusted in it. */
  readonly trust: 'holding' | 'unknown';
}

/** What a segment was off by, when that is known. */
export interface Correction {
  /** Sequences of the entries that it concerns, both included; null when none was written. */
  readonly from: number | null;
  readonly to: number | null;
  /** What is to be added to their times; null: it was another boot of the machine, and nobody knows how long it was off. */
  readonly offsetMs: number | null;
  readonly trust: 'holding' | 'unknown';
}

/** Beyond it the oldest two become one. */
export const MOST_SEGMENTS = 32;
/** Less is no correction, ms. */
export const STEP_MS = 1000;

const isSame = (a: Segment, b: Segment): boolean =>
  a.boot === b.boot && a.shiftMs !== null && b.shiftMs !== null && Math.abs(a.shiftMs - b.shiftMs) <= STEP_MS;

const worse = (a: Segment['trust'], b: Segment['trust']): Segment['trust'] => (a === 'unknown' ? a : b);

/** The segments with the clock as it is now; the same ones when it is as it was. */
export function withSegment(segments: readonly Segment[], now: Segment): readonly Segment[] {
  const last = segments.at(-1);
  if (last === undefined) return [now];
  if (isSame(last, now)) {
    const trust = worse(last.trust, now.trust);
    return trust === last.trust ? segments : [...segments.slice(0, -1), { ...last, trust }];
  }
  const kept = last.from === now.from ? segments.slice(0, -1) : segments;
  const trust = last.from === now.from ? worse(last.trust, now.trust) : now.trust;
  const all = [...kept, { ...now, trust }];
  if (all.length <= MOST_SEGMENTS) return all;
  const [first, second, ...rest] = all;
  if (first === undefined || second === undefined) return all;
  return [{ ...first, shiftMs: null, trust: worse(first.trust, second.trust) }, ...rest];
}

/**
 * What is to be told once the time is known: `next` is the sequence that follows, `boot` and `shiftMs` are of the clock as
 * it is now. A segment that was right, or that nothing was stamped in, is left out; where the clock was unknown and is
 * found to have been right, that is told as one.
 */
export function correctionsOf(
  segments: readonly Segment[],
  { next, boot, shiftMs }: { readonly next: number; readonly boot: string; readonly shiftMs: number },
): readonly Correction[] {
  const all = segments.map((segment, index): Correction => {
    const end = (segments[index + 1]?.from ?? next) - 1;
    const isEmpty = end < segment.from;
    const isKnown = segment.boot === boot && segment.shiftMs !== null;
    return {
      from: isEmpty ? null : segment.from,
      to: isEmpty ? null : end,
      offsetMs: isKnown ? Math.round(shiftMs - (segment.shiftMs ?? 0)) : null,
      trust: segment.trust,
    };
  });
  const isWrong = ({ offsetMs }: Correction) => offsetMs === null || Math.abs(offsetMs) > STEP_MS;
  // Of another boot, what nothing was stamped in is no matter.
  const wrong = all.filter((each) => isWrong(each) && (each.from !== null || each.offsetMs !== null));
  if (wrong.length > 0) return wrong;
  const right = all.filter(({ from, trust }) => from !== null && trust === 'unknown');
  const first = right[0];
  return first === undefined ? [] : [{ ...first, to: right.at(-1)?.to ?? first.to }];
}
