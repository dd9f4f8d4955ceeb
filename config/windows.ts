import { Declared } from './declared.ts';
import { type Entry, isMapping, valueAt } from './document.ts';
import type { Report } from './report.ts';
import type { NamedWindow } from './site.ts';

/** Night is what the law calls so (Noise Law, article 88: 22:00 to 06:00), unless the site says otherwise. */
const NIGHT: NamedWindow = { name: 'night', fromMinute: 22 * 60, toMinute: 6 * 60 };

/** The windows that a site names, with `night`, and with `day` as what night leaves. */
export function placeWindows(
  given: Readonly<Record<string, Omit<NamedWindow, 'name'>>>,
): Readonly<Record<string, NamedWindow>> {
  const own: Record<string, NamedWindow> = { night: NIGHT };
  for (const [name, window] of Object.entries(given)) own[name] = { name, ...window };
  const { fromMinute, toMinute } = own.night ?? NIGHT;
  return { day: { name: 'day', fromMinute: toMinute, toMinute: fromMinute }, ...own };
}

/** The names that a rule's `during` may give, also of windows that are wrong otherwise. */
export function declareWindows(head: Entry | undefined, report: Report): Declared {
  const declared = new Declared('window', report);
  const given = valueAt(head?.value, ['windows']);
  const names = new Set(['night', 'day', ...(isMapping(given) ? Object.keys(given) : [])]);
  for (const id of names) {
    declared.add({ value: { id }, prefix: '', at: () => ({ file: 'site.yaml', line: 1, column: 1 }) });
  }
  return declared;
}
