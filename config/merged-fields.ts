import { isMapping } from './document.ts';

/** Fields of a map; a map among them is merged into the one that stands there, null takes a key away. */
export type Fields = Readonly<Record<string, unknown>>;

/** The map with fields otherwise; a map in it that is left empty goes. */
export function mergeFields(value: unknown, fields: Fields): Record<string, unknown> {
  const merged: Record<string, unknown> = isMapping(value) ? { ...value } : {};
  for (const [key, field] of Object.entries(fields)) {
    if (field === undefined) continue;
    const next = isMapping(field) ? mergeFields(merged[key], field) : field;
    if (next === null || (isMapping(next) && Object.keys(next).length === 0)) delete merged[key];
    else merged[key] = next;
  }
  return merged;
}
