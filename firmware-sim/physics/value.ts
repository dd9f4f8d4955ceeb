import type { Shape, SimDevice, SimPoint } from '../scenario.ts';

/** What the point is at an instant, before any jitter. */
export function valueAt(shape: Shape, start: number, at: number): number | string {
  switch (shape.kind) {
    case 'knots':
      return roundToTenth(onTheLine(shape.knots, at));
    case 'steps': {
      const step = shape.steps.findLast(([from]) => from <= at) ?? shape.steps[0];
      return step === undefined ? Number.NaN : step[1];
    }
    case 'toggle':
      return Math.floor((at - start - shape.phaseMs) / shape.everyMs) % 2 === 0 ? shape.high : shape.low;
    case 'count':
      return Math.floor(((at - start) / 1000) * shape.perSecond);
    default:
      return shape satisfies never;
  }
}

/** As an instrument shows it that measures anew at every whole period from the start. */
export function measuredAt(device: SimDevice, point: SimPoint, start: number, at: number): number | string {
  const sample = Math.max(0, Math.floor((at - start) / device.everyMs));
  const value = valueAt(point.shape, start, start + sample * device.everyMs);
  if (typeof value === 'string' || point.jitter === 0) return value;
  return roundToTenth(value + point.jitter * noiseOf(`${device.id}/${point.id}`, sample));
}

function onTheLine(knots: readonly (readonly [number, number])[], at: number): number {
  const after = knots.findIndex(([knot]) => knot > at);
  const next = knots[after];
  const previous = after === -1 ? knots.at(-1) : knots[after - 1];
  if (previous === undefined) return next?.[1] ?? Number.NaN;
  if (next === undefined) return previous[1];
  return previous[1] + ((next[1] - previous[1]) * (at - previous[0])) / (next[0] - previous[0]);
}

/** To the nearest tenth of the number as it is stored; one that lies exactly between two goes to the even one. */
export function roundToTenth(value: number): number {
  const isTie = Math.abs((value * 4) % 2) === 1;
  if (!isTie) return Number(value.toFixed(1));
  const below = Math.floor(value * 10);
  return (below % 2 === 0 ? below : below + 1) / 10;
}

/** Between -1 and 1, the same for the same sample of the same point. */
function noiseOf(id: string, sample: number): number {
  let hash = sample | 0;
  for (const letter of id) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash ^= hash >>> 13;
  return (hash >>> 0) / 2 ** 31 - 1;
}
