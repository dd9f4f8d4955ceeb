import { type Hj212Device, type Hj212LinkSpec, hj212, type LinkOptions } from '../../../drivers/hj212/kind.ts';
import type { Source } from '../../../drivers/hj212/values.ts';
import type { Point } from '../../../drivers/point.ts';

export const MN = '010000A8900016F000169DC0';

export type Hj212Point = Point<Source>;

/** `LA-Rtd` or `SB1-RS`, whose states are two; the point's id is its factor in small letters. */
export function makePoint(factor: string, more: Partial<Hj212Point> = {}): Hj212Point {
  const id = factor.toLowerCase();
  return {
    key: `d/${id}`,
    device: 'd',
    id,
    quantity: factor.endsWith('RS') ? 'x.state' : 'noise.la',
    everyMs: 60_000,
    source: { factor },
    convert: { factor: 1, offset: 0 },
    ...(factor.endsWith('RS') ? { states: { 0: 'off', 1: 'running' } } : {}),
    ...more,
  };
}

export const makeDevice = (
  id = 'd',
  options: Partial<Hj212Device['options']> = {},
  points: readonly Hj212Point[] = [makePoint('LA-Rtd')],
): Hj212Device => ({
  id,
  options: { mn: MN, password: '123456', ...options },
  profile: {},
  points: points.map((point) => ({ ...point, key: `${id}/${point.id}`, device: id })) as Hj212Device['points'],
});

/** A link as the loader makes it of a site's fields. */
export function makeLink(options: object, devices: readonly Hj212Device[]): Hj212LinkSpec {
  const parsed = hj212.links.hj212?.parse(options);
  if (parsed === undefined) throw new Error('no options');
  return { id: 'instruments', kind: 'hj212', options: parsed as LinkOptions, devices };
}
