import { z } from 'zod';
import type { Selector } from './kinds.ts';
import type { SitePoint } from './site.ts';

type Wanted = string | readonly string[] | undefined;

const oneOrMore = z.union([z.string(), z.array(z.string()).min(1)]).optional();

/** Which points a card or an output is on: those that all that is named fits. */
export const pointSelector = z.strictObject({
  quantity: oneOrMore,
  scene: oneOrMore,
  device: oneOrMore,
  point: oneOrMore,
  tag: oneOrMore,
  grid: oneOrMore,
});

/** One text or several, as a list. */
export const listOf = (wanted: Wanted): readonly string[] =>
  wanted === undefined ? [] : typeof wanted === 'string' ? [wanted] : wanted;

const isWanted = (wanted: Wanted, value: string | null): boolean =>
  wanted === undefined || (value !== null && listOf(wanted).includes(value));

/** Whether a point is one of those that a rule or a permit is on: all that is named must fit. */
export const isSelected = (on: Selector, point: SitePoint): boolean =>
  isWanted(on.quantity, point.quantity) &&
  isWanted(on.scene, point.scene) &&
  isWanted(on.device, point.device) &&
  isWanted(on.point, point.id) &&
  isWanted(on.grid, point.place.grid) &&
  Object.entries(on.register ?? {}).every(([name, wanted]) => isWanted(wanted, point.register?.[name] ?? null)) &&
  (on.tag === undefined || point.tags.some((tag) => listOf(on.tag).includes(tag)));
