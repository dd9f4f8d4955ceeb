import type { Entry } from './document.ts';
import type { ListName } from './file-kinds.ts';
import { readBeside } from './folder.ts';
import { gatherLists } from './lists.ts';
import type { Report } from './report.ts';

/** A file without one stands on the points that the site derives; with one, its own take their place. */
const TAKEN: readonly string[] = ['rules', 'derive'];

/** A site's lists with other rules than its own, read from a file or a folder of files. */
export async function withOtherRules(
  lists: Record<ListName, Entry[]>,
  path: string,
  report: Report,
): Promise<Record<ListName, Entry[]>> {
  const other = gatherLists(await readBeside(path, report), undefined, report);
  for (const [name, entries] of Object.entries(other)) {
    if (TAKEN.includes(name)) continue;
    for (const entry of entries)
      report.error(entry.at([]), `${name}: of a file of rules to compare with, only rules are read`);
  }
  if (other.rules.length === 0 && !report.hasErrors) {
    report.error({ file: path, line: 1, column: 1 }, 'there are no rules here to compare with');
  }
  return { ...lists, rules: other.rules, derive: other.derive.length > 0 ? other.derive : lists.derive };
}
