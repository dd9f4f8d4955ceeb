import { type Comparison, type Difference, SIDES, type Side, type Tally } from '../replay/comparison.ts';
import { LEVELS, type Level } from '../rules/finding.ts';

/** What was compared. */
export interface Compared {
  readonly recording: string;
  /** Where the rules of either side are. */
  readonly names: Readonly<Record<Side, string>>;
  readonly readings: number;
}

const MINUTE_MS = 60_000;
const minutesOf = (ms: number): number => Math.round((ms / MINUTE_MS) * 10) / 10;

const counted = ({ alarms, raised, activeMs }: Tally) => ({
  alarms,
  raised,
  minutes: Object.fromEntries(LEVELS.map((level) => [level, minutesOf(activeMs[level])])),
});
const countedBoth = (told: Readonly<Record<Side, Tally>>) => ({ site: counted(told.site), other: counted(told.other) });

/** One JSON document, for machines. */
export function encodeComparison({ recording, names, readings }: Compared, comparison: Comparison): string {
  const { told, leftOut } = comparison.differences;
  return JSON.stringify({
    recording,
    ...names,
    readings,
    total: countedBoth(comparison.total()),
    rules: comparison.rows().map(({ key, told: each }) => ({ ...partsOf(key), ...countedBoth(each) })),
    differences: told.map(({ key, from, to, highest }) => ({ ...partsOf(key), from, to, ...highest })),
    differencesLeftOut: leftOut,
  });
}

/** A point has no `@` in it. */
function partsOf(key: string): { readonly rule: string; readonly point: string } {
  const cut = key.lastIndexOf('@');
  return { rule: key.slice(0, cut), point: key.slice(cut + 1) };
}

/** As a person reads it: `a → b` of the site and of the other, one number where they are equal. */
export function describeComparison({ recording, names, readings }: Compared, comparison: Comparison): string {
  const total = comparison.total();
  const levels = LEVELS.filter((level) => SIDES.some((side) => total[side].activeMs[level] > 0));
  const rows = [
    ['rule@point', 'alarms', 'raised', ...levels.map((level) => `${level} min`)],
    rowOf('total', total, levels),
    ...comparison.rows().map(({ key, told }) => rowOf(key, told, levels)),
  ];
  const { told, leftOut } = comparison.differences;
  const only = (side: Side, than: Side) =>
    told.filter(({ highest }) => highest[side] !== null && highest[than] === null);
  const lists: readonly (readonly [string, readonly Difference[]])[] = [
    ['only the site would have raised', only('site', 'other')],
    ['only the other would have raised', only('other', 'site')],
    ['at another highest level', told.filter(({ highest }) => highest.site !== null && highest.other !== null)],
  ];
  return [
    `${recording}: ${readings} readings`,
    `site  ${names.site}`,
    `other ${names.other}`,
    '',
    ...aligned(rows),
    ...lists.flatMap(([title, list]) => (list.length === 0 ? [] : ['', `${title}: ${list.length}`, ...linesOf(list)])),
    ...(leftOut === 0 ? [] : ['', `${leftOut} more differences are not listed`]),
    ...(told.length === 0 ? ['', 'both would have raised the same alarms at the same levels'] : []),
  ].join('\n');
}

const change = (a: string | number, b: string | number): string => (a === b ? String(a) : `${a} → ${b}`);

const rowOf = (name: string, { site, other }: Readonly<Record<Side, Tally>>, levels: readonly Level[]): string[] => [
  name,
  change(site.alarms, other.alarms),
  change(site.raised, other.raised),
  ...levels.map((level) => change(minutesOf(site.activeMs[level]), minutesOf(other.activeMs[level]))),
];

const linesOf = (differences: readonly Difference[]): string[] =>
  aligned(
    differences.map(({ key, from, to, highest }) => {
      const { site, other } = highest;
      const level = site !== null && other !== null ? change(site, other) : (site ?? other ?? '');
      return ['', from, to ?? 'still active', level, key];
    }),
  );

/** Columns of one width each. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
