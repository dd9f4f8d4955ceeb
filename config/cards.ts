import { z } from 'zod';
import { Declared } from './declared.ts';
import type { Entry } from './document.ts';
import { id, level, title } from './fields.ts';
import { check } from './issues.ts';
import type { Report } from './report.ts';
import { isSelected, pointSelector } from './selector.ts';
import type { SitePoint } from './site.ts';

/** In one language for all, or in both. */
const said = z.union([
  z
    .string()
    .trim()
    .min(1)
    .max(500)
    .transform((text) => ({ zh: text, en: text })),
  title,
]);

/** What to do, written down before (处置卡): for the points that it is on, and from a level on. */
export const card = z.strictObject({
  id,
  title: said,
  on: pointSelector.refine(
    (on) => Object.keys(on).length > 0,
    'names nothing: give one of quantity, scene, device, point, tag, grid',
  ),
  /** Only for alarms of these rules. */
  rules: z.array(z.string()).min(1).optional(),
  from: level.default('blue'),
  /** Who closes the road, or shuts the valve. */
  close: said.optional(),
  /** Where the pump stands. */
  pump: said.optional(),
  detour: said.optional(),
  steps: z.array(said).max(20).default([]),
});
type CardFields = z.output<typeof card>;

/** A card with the points that it is of. */
export interface SiteCard extends Omit<CardFields, 'on' | 'rules'> {
  readonly rules: readonly string[] | null;
  /** `device/point`. */
  readonly points: readonly string[];
}

export function checkCards(entries: readonly Entry[], points: readonly SitePoint[], report: Report): SiteCard[] {
  const declared = new Declared('card', report);
  const good: SiteCard[] = [];
  for (const entry of entries) {
    declared.add(entry);
    const found = check(card, entry, report);
    if (found === undefined) continue;
    const { on, rules, ...said } = found;
    const matched = points.filter((point) => isSelected(on, point));
    if (matched.length === 0 && !report.isIncomplete) {
      report.warn(entry.at(['on']), `on: no point of this site matches, so card ${found.id} is never shown`);
    }
    good.push({ ...said, rules: rules ?? null, points: matched.map(({ key }) => key) });
  }
  return good;
}
