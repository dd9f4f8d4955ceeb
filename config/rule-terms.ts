import { type Entry, isMapping, type Path, valueAt } from './document.ts';
import { suggest } from './nearest.ts';
import { isKnownQuantity, QUANTITIES, type Quantity } from './quantities.ts';
import type { Report } from './report.ts';

export const LIMITS = ['above', 'atLeast', 'below', 'atMost', 'outside'];

/** Whether the words of a rule fit the vocabulary: its quantities are known, its limits and states are theirs. */
export function checkTerms(entry: Entry, report: Report): void {
  const quantities = textsOf(valueAt(entry.value, ['on', 'quantity']));
  for (const { path, text } of quantities) checkQuantity(text, ['on', 'quantity', ...path], entry, report);
  const [only] = quantities;
  const isOfQuality = valueAt(entry.value, ['kind']) === 'quality';
  const levels = valueAt(entry.value, ['levels']);
  if (quantities.length === 1 && only !== undefined && isMapping(levels) && !isOfQuality) {
    for (const level of Object.keys(levels)) checkCondition(only.text, ['levels', level], entry, report);
  }
  for (const { path, condition } of conditionsOf(entry)) {
    const quantity = valueAt(condition, ['quantity']);
    if (typeof quantity !== 'string') continue;
    if (checkQuantity(quantity, [...path, 'quantity'], entry, report)) checkCondition(quantity, path, entry, report);
  }
}

/** The conditions of a rule's `when` and `while`, each with where it stands. */
export function conditionsOf(entry: Entry): { path: Path; condition: unknown }[] {
  return ['when', 'while'].flatMap((key) =>
    ['all', 'any'].flatMap((list) => {
      const conditions = valueAt(entry.value, [key, list]);
      if (!Array.isArray(conditions)) return [];
      return conditions.map((condition: unknown, index) => ({ path: [key, list, index], condition }));
    }),
  );
}

/** One text or a list of them, each with where it stands. */
export function textsOf(value: unknown): { path: Path; text: string }[] {
  if (typeof value === 'string') return [{ path: [], text: value }];
  if (!Array.isArray(value)) return [];
  return value.flatMap((text: unknown, index) => (typeof text === 'string' ? [{ path: [index], text }] : []));
}

/** The quantity of the vocabulary that a rule names, if it names just one: then its levels are held against that. */
export function checkableQuantity(entry: Entry): Quantity | undefined {
  const [only, ...others] = textsOf(valueAt(entry.value, ['on', 'quantity']));
  return only === undefined || others.length > 0 ? undefined : QUANTITIES.get(only.text);
}

function checkQuantity(quantity: string, path: Path, entry: Entry, report: Report): boolean {
  if (isKnownQuantity(quantity)) return true;
  const hint = suggest(quantity, QUANTITIES.keys());
  report.error(entry.at(path), `${entry.prefix}${label(path)}: there is no quantity "${quantity}"; ${hint}`);
  return false;
}

/** A limit stands on a number, `is` on states; and the states are those of the quantity. */
function checkCondition(quantity: string, path: Path, entry: Entry, report: Report): void {
  const known = QUANTITIES.get(quantity);
  const condition = valueAt(entry.value, path);
  if (known === undefined || !isMapping(condition)) return;
  for (const limit of LIMITS.filter((key) => Object.hasOwn(condition, key))) {
    if (known.states === undefined) continue;
    const message = `${label(path)}: ${quantity} is one of ${known.states.join(', ')}, so it has no limit "${limit}"; use kind: state and "is"`;
    report.error(entry.at([...path, limit], 'key'), entry.prefix + message);
  }
  if (!Object.hasOwn(condition, 'is')) return;
  if (known.states === undefined) {
    const message = `${label(path)}: ${quantity} is a number in ${known.unit} and has no states; use above, atLeast, below, atMost or outside`;
    report.error(entry.at([...path, 'is'], 'key'), entry.prefix + message);
    return;
  }
  for (const { path: below, text } of textsOf(condition.is)) {
    if (known.states.includes(text)) continue;
    const message = `${label(path)}: "${text}" is no state of ${quantity}; ${suggest(text, known.states)}`;
    report.error(entry.at([...path, 'is', ...below]), entry.prefix + message);
  }
}

const label = (path: Path): string => path.filter((step) => typeof step === 'string').join('.');
