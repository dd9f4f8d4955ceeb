import type { Entry } from './document.ts';
import type { RuleShape } from './kinds.ts';
import { suggest } from './nearest.ts';
import type { Report } from './report.ts';
import type { SiteOutput } from './site.ts';

/** What a rule wants of outputs leads somewhere, and may be written. */
export function checkUses(
  rule: Pick<RuleShape, 'outputs'>,
  entry: Entry,
  outputs: readonly SiteOutput[] | undefined,
  report: Report,
): void {
  if (outputs === undefined || report.isIncomplete) return;
  for (const [index, use] of (rule.outputs ?? []).entries()) {
    const at = ['outputs', index];
    for (const wanted of use.outputs) {
      const found = outputs.find((each) => each.id === wanted);
      if (found === undefined) {
        const hint = suggest(
          wanted,
          outputs.map((each) => each.id),
        );
        report.error(entry.at([...at, 'output']), `${entry.prefix}outputs: there is no output "${wanted}"; ${hint}`);
        continue;
      }
      for (const [level, each] of Object.entries(use.levels)) {
        if (each === undefined || found.values.includes(each)) continue;
        const known = found.values.join(', ');
        report.error(
          entry.at([...at, 'levels', level]),
          `${entry.prefix}outputs: ${wanted} may be ${known}, not "${each}"`,
        );
      }
    }
  }
}
