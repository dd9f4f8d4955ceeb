import type { AnswerView } from '../api/context.ts';
import { isConcern } from './answers.ts';
import type { ListedPoint } from './api.ts';

/** A reading older than so many periods is late. */
const LATE_PERIODS = 3;
/** A round on the wire, and the stream's own pace, make nobody late. */
const GRACE_MS = 10_000;

export const isLate = (point: ListedPoint, now: number): boolean =>
  point.last !== null && now - point.last.at > LATE_PERIODS * point.everyMs + GRACE_MS;

export interface PointsFilter {
  /** Words, all of which must occur in the point's names, grid, scene or quantity. */
  readonly text: string;
  readonly scene: string | null;
  /** Only points that are not read well, or of which a rule says a level or cannot say. */
  readonly problems: boolean;
}

/** Whether a person who filters so wants to see the point. `quantityName` is as it stands on the screen. */
export function isWanted(
  point: ListedPoint,
  answers: readonly AnswerView[],
  quantityName: string,
  now: number,
  { text, scene, problems }: PointsFilter,
): boolean {
  if (scene !== null && point.scene !== scene) return false;
  if (problems) {
    const bad = point.last === null || point.last.quality !== 'good' || isLate(point, now);
    if (!bad && !answers.some(isConcern)) return false;
  }
  const names = [point.deviceName, point.key, point.place.grid, point.quantity, quantityName, point.link]
    .join(' ')
    .toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => names.includes(word));
}
