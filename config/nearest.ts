/** Levenshtein distance that counts two swapped neighbours as one step. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const cell = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const steps = [cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + (same ? 0 : 1)];
      if (swapped) steps.push(cell(i - 2, j - 2) + 1);
      rows[i]?.push(Math.min(...steps));
    }
  }
  return cell(a.length, b.length);
}

/** Longer than any name here: not worth the time that comparing takes. */
const LONGEST = 64;

/** The candidate that was probably meant, if one is near: one step in three letters at most. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > LONGEST) return undefined;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (candidate.length > LONGEST || candidate === word) continue;
    const steps = distance(word.toLowerCase(), candidate.toLowerCase());
    if (steps < least) [best, least] = [candidate, steps];
  }
  return best;
}

/** How many names a message lists. */
const LISTED = 12;

/** What to do about a name that is not among those known: `did you mean "b"?`, else all that there are. */
export function suggest(word: string, known: Iterable<string>, what = 'known'): string {
  const names = [...new Set(known)];
  const near = nearest(word, names);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (names.length === 0) return `there is none`;
  const rest = names.length - LISTED;
  return `${what}: ${names.slice(0, LISTED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
