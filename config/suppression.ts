import type { RuleShape } from './kinds.ts';
import type { Report } from './report.ts';
import type { RuleEntry } from './rules.ts';

/** The gateway's own rules may suppress as well. */
const OWN = 'gengfu.';

/**
 * What rules name as suppressing them is there, and none comes round to itself: two that suppress each other would both be
 * kept from people while both stand.
 */
export function checkSuppression(entries: readonly RuleEntry[], rules: readonly RuleShape[], report: Report): void {
  const parents = new Map(rules.map(({ id, suppressedBy = [] }) => [id, suppressedBy]));
  for (const { entry } of entries) {
    const id = (entry.value as { readonly id?: unknown } | null)?.id;
    if (typeof id !== 'string') continue;
    for (const parent of parents.get(id) ?? []) {
      const place = entry.at(['suppressedBy']);
      if (!parents.has(parent) && !parent.startsWith(OWN)) {
        report.warn(place, `${entry.prefix}suppressedBy: there is no rule ${parent}, so it suppresses nothing`);
      } else if (reaches(parent, id, parents)) {
        const message = `${entry.prefix}suppressedBy: rule ${id} and rule ${parent} suppress each other: of two that are active, nobody would be told`;
        report.error(place, message);
      }
    }
  }
}

function reaches(from: string, to: string, parents: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set<string>();
  const next = [from];
  for (let rule = next.pop(); rule !== undefined; rule = next.pop()) {
    if (rule === to) return true;
    if (seen.has(rule)) continue;
    seen.add(rule);
    next.push(...(parents.get(rule) ?? []));
  }
  return false;
}
