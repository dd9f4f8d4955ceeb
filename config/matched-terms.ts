import { type Entry, isMapping, valueAt } from './document.ts';
import { suggest } from './nearest.ts';
import { QUANTITIES } from './quantities.ts';
import type { Report } from './report.ts';
import { checkableQuantity, LIMITS, textsOf } from './rule-terms.ts';
import type { SitePoint } from './site.ts';

const hasStates = ({ quantity, states }: SitePoint): boolean =>
  states !== undefined || QUANTITIES.get(quantity)?.states !== undefined;

/**
 * Whether the points that a rule matches can have its levels: a limit stands on numbers, `is` on states that the
 * points' models have. Warnings, and none for what `checkTerms` has told already.
 */
export function checkMatchedTerms(entry: Entry, matched: readonly SitePoint[], report: Report): void {
  const levels = valueAt(entry.value, ['levels']);
  if (!isMapping(levels) || matched.length === 0 || valueAt(entry.value, ['kind']) === 'quality') return;
  checkUnits(entry, levels, matched, report);
  const named = checkableQuantity(entry);
  const stateful = matched.find(hasStates);
  const numeric = matched.find((point) => !hasStates(point));
  const states = new Set(matched.flatMap((point) => Object.values(point.states ?? {})));
  for (const [level, condition] of Object.entries(levels)) {
    if (!isMapping(condition)) continue;
    const warn = (path: readonly (string | number)[], message: string, of: 'key' | 'value' = 'value') =>
      report.warn(entry.at(['levels', level, ...path], of), `${entry.prefix}levels.${level}: ${message}`);
    for (const limit of LIMITS.filter((key) => Object.hasOwn(condition, key))) {
      if (stateful === undefined || named !== undefined) continue;
      warn(
        [limit],
        `${stateful.key} has states, so it never reaches "${limit}"; narrow "on" to numbers, or use kind: state and "is"`,
        'key',
      );
    }
    if (!Object.hasOwn(condition, 'is')) continue;
    if (numeric !== undefined) {
      if (named === undefined)
        warn(
          ['is'],
          `${numeric.key} has no states, so it never "is" one; narrow "on" to points that have, or use a limit`,
          'key',
        );
      continue;
    }
    for (const { path, text } of textsOf(condition.is)) {
      if (states.has(text) || named?.states?.includes(text) === false) continue;
      warn(['is', ...path], `no point that matches is ever "${text}"; ${suggest(text, states)}`);
    }
  }
}

/** A limit is a number of one unit: points of several cannot share it. */
function checkUnits(
  entry: Entry,
  levels: Readonly<Record<string, unknown>>,
  matched: readonly SitePoint[],
  report: Report,
): void {
  const first = matched.find(({ unit }) => unit !== null);
  const other = matched.find(({ unit }) => unit !== null && unit !== first?.unit);
  // Days, whatever the points measure.
  const isOfDays = valueAt(entry.value, ['measure', 'kind']) === 'certificate';
  if (first === undefined || other === undefined || isOfDays) return;
  for (const [level, condition] of Object.entries(levels)) {
    if (!isMapping(condition) || !LIMITS.some((key) => Object.hasOwn(condition, key))) continue;
    const units = `${first.key} is in ${first.unit}, ${other.key} in ${other.unit}`;
    const message = `levels.${level}: a limit has one unit, but ${units}; narrow "on" to one quantity`;
    report.error(entry.at(['levels', level]), entry.prefix + message);
    return;
  }
}
