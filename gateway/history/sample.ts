import type { Quality } from '../../drivers/reading.ts';

/** A value that was read, standing for `weight` readings. */
export interface Sample {
  readonly at: number;
  readonly value: number | string | null;
  readonly quality: Quality;
  readonly weight: number;
}

/**
 * At most `points` of the samples, oldest first. The time is cut into equal parts, of which each keeps its two
 * extremes: the lowest and the highest number, or the commonest and the rarest state; a part without a good value
 * keeps one that is not good, so that a gap is seen.
 */
export function thinSamples(samples: readonly Sample[], from: number, to: number, points: number): Sample[] {
  const inOrder = samples.toSorted((a, b) => a.at - b.at);
  if (inOrder.length <= points) return inOrder;
  const parts = Math.max(Math.floor(points / 2), 1);
  const partMs = (to - from + 1) / parts;
  const grouped = Map.groupBy(inOrder, ({ at }) => Math.floor((at - from) / partMs));
  return [...grouped.values()].flatMap(extremesOf).slice(0, points);
}

function extremesOf(part: readonly Sample[]): Sample[] {
  const good = part.filter(({ quality }) => quality === 'good');
  const [first] = good.length > 0 ? good : part;
  if (first === undefined) return [];
  if (good.length === 0) return [first];
  const [low, high] = good.some(({ value }) => typeof value === 'string') ? byFrequency(good) : byNumber(good);
  return [...new Set([low ?? first, high ?? first])].sort((a, b) => a.at - b.at);
}

function byNumber(part: readonly Sample[]): [Sample | undefined, Sample | undefined] {
  const numberOf = ({ value }: Sample) => Number(value);
  return [
    part.reduce((least, next) => (numberOf(next) < numberOf(least) ? next : least)),
    part.reduce((most, next) => (numberOf(next) > numberOf(most) ? next : most)),
  ];
}

function byFrequency(part: readonly Sample[]): [Sample | undefined, Sample | undefined] {
  const states = [...Map.groupBy(part, ({ value }) => value).values()].sort((a, b) => weightOf(a) - weightOf(b));
  return [states[0]?.[0], states.at(-1)?.[0]];
}

const weightOf = (samples: readonly Sample[]): number => samples.reduce((sum, { weight }) => sum + weight, 0);
