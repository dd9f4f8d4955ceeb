/** One line of the table: what was asked, what was measured, both sides in one run. */
export interface Figure {
  readonly name: string;
  /** The bound, in words; null where nothing was promised. */
  readonly asked: string | null;
  readonly measured: string;
  /** Measured ÷ bound, so that up to 1 is reached; null where nothing was promised. */
  readonly ofBound: number | null;
}

/** Over the bound by more than this is a miss, by less it may be the machine. */
const CLEARLY = 1.25;

export const isMissed = ({ ofBound }: Figure): boolean => ofBound !== null && !(ofBound <= CLEARLY);

function verdict({ ofBound }: Figure): string {
  if (ofBound === null) return '';
  if (ofBound <= 1) return 'reached';
  return ofBound <= CLEARLY ? 'nearly' : 'MISSED';
}

export const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
};

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [figure.name, figure.asked ?? '', verdict(figure), figure.measured]);
  const all = [['figure', 'asked', '', 'measured'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')).join('\n');
}
