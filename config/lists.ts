import { type Entry, isMapping, partOf, valueAt } from './document.ts';
import { type ListName, lists } from './file-kinds.ts';
import { check } from './issues.ts';
import type { Report } from './report.ts';

/** `site.yaml` less the lists that any file may hold. */
export function siteHead(file: Entry): Entry {
  if (file.value !== null && !isMapping(file.value)) return file;
  const own = Object.entries(file.value ?? {}).filter(([key]) => !Object.hasOwn(lists.shape, key));
  return { ...file, value: Object.fromEntries(own) };
}

/** The entries of every list, in the order of files and of their lists. */
export function gatherLists(
  files: readonly Entry[],
  site: Entry | undefined,
  report: Report,
): Record<ListName, Entry[]> {
  const gathered: Record<ListName, Entry[]> = {
    links: [],
    devices: [],
    rules: [],
    permits: [],
    derive: [],
    plans: [],
    cards: [],
    outputs: [],
  };
  for (const file of files) {
    const names = Object.keys(lists.shape);
    const held = isMapping(file.value) ? Object.entries(file.value).filter(([key]) => names.includes(key)) : [];
    // What else site.yaml holds is looked at by its own schema.
    check(lists, { ...file, value: file === site ? Object.fromEntries(held) : (file.value ?? {}) }, report);
    for (const [name, entries] of Object.entries(gathered)) {
      const list = valueAt(file.value, [name]);
      if (!Array.isArray(list)) continue;
      for (const [index, value] of list.entries()) entries.push(partOf(file, [name, index], value));
    }
  }
  return gathered;
}
