import type { Shape, SimDevice } from '../scenario.ts';
import { valueAt } from './value.ts';

/**
 * When a device that reports by itself does so next, strictly after an instant: at its heartbeat, at a change
 * of one of its points, and every so often while its first point is above a value.
 */
export function nextReport(device: SimDevice, start: number, after: number): number {
  const heartbeat = after < start ? start : nextMultiple(start, device.everyMs, after);
  const changes = device.points.map((point) => nextChange(point.shape, start, after));
  return Math.min(heartbeat, ...changes, nextWhileAbove(device, start, after));
}

/** The first whole multiple of a period from an anchor that is after an instant. */
const nextMultiple = (anchor: number, everyMs: number, after: number): number =>
  anchor + (Math.floor((after - anchor) / everyMs) + 1) * everyMs;

function nextChange(shape: Shape, start: number, after: number): number {
  switch (shape.kind) {
    case 'knots':
    case 'count':
      return Number.POSITIVE_INFINITY;
    case 'steps':
      return shape.steps.find(([at]) => at > after)?.[0] ?? Number.POSITIVE_INFINITY;
    case 'toggle':
      return nextMultiple(start + shape.phaseMs, shape.everyMs, Math.max(after, start - 1));
    default:
      return shape satisfies never;
  }
}

function nextWhileAbove(device: SimDevice, start: number, after: number): number {
  const shape = device.points[0]?.shape;
  if (device.while === null || shape?.kind !== 'steps' || after < start) return Number.POSITIVE_INFINITY;
  const value = valueAt(shape, start, after);
  if (typeof value === 'string' || value <= device.while.above) return Number.POSITIVE_INFINITY;
  const since = shape.steps.findLast(([at]) => at <= after)?.[0] ?? start;
  return nextMultiple(since, device.while.everyMs, after);
}
