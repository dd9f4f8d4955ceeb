import { type Point, qualify } from '../../drivers/point.ts';
import type { Outcome, Trial } from './tried.ts';

/** What the sources of a cabinet's points say, judged as the driver judges it. */
export const tryBox: Trial = async (_driver, place, { box }) => {
  if (box === undefined) return 'nothing of the box is given: box, with what the source of each point says';
  const link = await place({ kind: 'cabinet' }, {});
  const points: readonly Point[] = link?.devices[0]?.points ?? [];
  const outcome: Outcome = new Map(
    points.flatMap((point) => {
      const raw = Object.hasOwn(box, point.id) ? box[point.id] : undefined;
      return raw === undefined ? [] : [[point.id, { raw: String(raw), ...qualify(point, raw) }]];
    }),
  );
  return points.length === 0 ? 'the device cannot be made' : outcome;
};
