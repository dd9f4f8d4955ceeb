/** A name of an object's member or an index of a list, one after the other from the payload's root. */
export type JsonPath = readonly (string | number)[];

const LONGEST_TEXT = 256;
const MOST_STEPS = 16;

/** One step: `.name`, `[3]` (to 9999), `['odd key']` or `["odd key"]`; a backslash stands before a quote or a backslash. */
const STEP =
  /\.([\p{L}_$][\p{L}\p{N}_$-]*)|\[(0|[1-9]\d{0,3})\]|\['((?:[^'\\]|\\['\\])*)'\]|\["((?:[^"\\]|\\["\\])*)"\]/uy;

/**
 * `$.list[0].v` → `['list', 0, 'v']`; `$` alone is the whole payload. Undefined if the text is no path.
 * The names, indexes and quoted names of RFC 9535 only: no wildcards, filters or slices.
 */
export function parseJsonPath(text: string): JsonPath | undefined {
  if (text.length > LONGEST_TEXT || !text.startsWith('$')) return undefined;
  const steps: (string | number)[] = [];
  STEP.lastIndex = 1;
  for (let at = 1; at < text.length; at = STEP.lastIndex) {
    const found = STEP.exec(text);
    if (found === null || steps.length === MOST_STEPS) return undefined;
    const [, name, index, single, double] = found;
    if (index !== undefined) {
      steps.push(Number(index));
    } else {
      steps.push(name ?? (single ?? double ?? '').replace(/\\(['"\\])/g, '$1'));
    }
  }
  return steps;
}

/** What stands at a path; undefined if nothing does. Only a value's own members count, never inherited ones. */
export function lookUp(value: unknown, path: JsonPath): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || Array.isArray(here) !== (typeof step === 'number'))
      return undefined;
    if (!Object.hasOwn(here, step)) return undefined;
    here = (here as Readonly<Record<string | number, unknown>>)[step];
  }
  return here;
}
