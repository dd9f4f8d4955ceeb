import type { SitePoint } from '../../config/site.ts';
import type { Outcome } from './tried.ts';

const HEAD = ['point', 'raw', 'value', 'unit', 'quality'];
/** Enough for any instrument, and short of what floating point adds. */
const DIGITS = 12;

/** A line for each point: what came, what it is, in which unit, and whether it is to be believed. */
export function encodeTable(points: readonly Pick<SitePoint, 'id' | 'unit'>[], outcome: Outcome): string[] {
  const rows = points.map(({ id, unit }) => {
    const tried = outcome.get(id);
    if (tried === undefined) return [id, '', '', '', 'not read'];
    const { raw, value, quality, code } = tried;
    const shown = typeof value === 'number' ? String(Number(value.toPrecision(DIGITS))) : (value ?? '-');
    return [id, raw, shown, unit ?? '', code === undefined ? quality : `${quality}: ${code}`];
  });
  const table = [HEAD, ...rows];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
