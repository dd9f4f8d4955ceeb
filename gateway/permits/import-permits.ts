import type { Overlap, PermitAuthor } from '../rules/permit.ts';
import { type RowProblem, readPermits } from './permit-csv.ts';
import type { PermitRegister } from './permit-register.ts';

/** What became of a file: with one problem or more nothing of it was taken. */
export interface PermitImport {
  readonly rows: number;
  readonly changed: readonly string[];
  readonly unchanged: number;
  readonly problems: readonly RowProblem[];
  readonly overlaps: readonly Overlap[];
}

/** Takes the permits of a CSV, all or none. `isTrial`: only says what is wrong. Throws what `change` throws. */
export async function importPermits(
  register: PermitRegister,
  text: string,
  author: PermitAuthor,
  isTrial: boolean,
  breathe: () => Promise<unknown>,
): Promise<PermitImport> {
  const { rows, problems } = await readPermits(text, register.zone, breathe);
  const flaws = rows.flatMap(({ row, permit }): RowProblem[] => {
    const message = register.flawOf(permit);
    return message === null ? [] : [{ row, column: null, message }];
  });
  const all = [...problems, ...flaws].sort((a, b) => a.row - b.row);
  const nothing = { rows: rows.length, changed: [], unchanged: 0, overlaps: [] };
  if (all.length > 0 || isTrial) return { ...nothing, problems: all };
  const receipt = await register.change(
    rows.map(({ permit }) => ({ permit })),
    author,
  );
  const { changed, unchanged, warnings } = receipt;
  return { rows: rows.length, changed, unchanged: unchanged.length, problems: [], overlaps: warnings };
}
