import { qualify } from '../../drivers/point.ts';
import { outcomeOf } from './reading-of.ts';
import type { Trial } from './tried.ts';

/** What the box's own sources say, as the driver judges it. */
export const tryBox: Trial = async (_driver, place, { box }) => {
  if (box === undefined) return 'nothing is given of the box: box';
  const link = await place({ kind: 'cabinet' }, {});
  const [device] = link?.devices ?? [];
  if (device === undefined) return 'the device cannot be made';
  const given = device.points.filter(({ id }) => Object.hasOwn(box, id));
  const readings = given.map((point) => ({ point: point.key, ...qualify(point, box[point.id] ?? null) }));
  return outcomeOf(readings, (id) => box[id]);
};
