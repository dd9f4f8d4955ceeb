import {
  Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { textOf } from '#kit/fault.ts';
import type { Place, Report } from './report.ts';

export type Path = readonly (string | number)[];

/** A part of a site's files, with the place of everything in it. */
export interface Entry {
  readonly value: unknown;
  /** Said before every message about it, for a part that the reader's file does not show. */
  readonly prefix: string;
  /** Where the value at that path stands, or the key that it belongs to; the nearest place above it when it is missing. */
  at(path: Path, of?: 'key' | 'value'): Place;
}

/** The part of an entry at a path. */
export const partOf = (entry: Entry, path: Path, value: unknown = valueAt(entry.value, path)): Entry => ({
  value,
  prefix: entry.prefix,
  at: (below, of) => entry.at([...path, ...below], of),
});

/** What stands at a path; undefined when nothing does. */
export function valueAt(value: unknown, path: Path): unknown {
  let found = value;
  for (const step of path) found = isRecord(found) && Object.hasOwn(found, step) ? found[step] : undefined;
  return found;
}

/** Any object, so that its keys can be looked at. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

export const isMapping = (value: unknown): value is Record<string, unknown> => isRecord(value) && !Array.isArray(value);

const DEEPEST = 60;
const MOST_SYNTAX_ERRORS = 5;
const MOST_ALIASES = 100;

/** Parses one file. Syntax errors are reported at their places; undefined when nothing of it can be used. */
export function parseFile(file: string, text: string, report: Report): Entry | undefined {
  const lines = new LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    // YAML 1.2 core: dates stay text, 0x0010 is a number.
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
      version: '1.2',
    });
    let broken = false;
    for (const error of document.errors.slice(0, MOST_SYNTAX_ERRORS)) {
      if (error.code !== 'DUPLICATE_KEY') broken = true;
      report.error(placeOf(error.pos[0]), describe(error.code, error.message));
    }
    for (const { offset, message } of findMisuse(document)) {
      broken = true;
      report.error(placeOf(offset), message);
    }
    if (broken) {
      report.markIncomplete();
      return undefined;
    }
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    return { value, prefix: '', at: (path, of) => placeOf(offsetOf(document, path, of)) };
  } catch (error) {
    report.markIncomplete();
    report.error(placeOf(0), `cannot be read as YAML: ${textOf(error)}`);
    return undefined;
  }
}

function describe(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is already given above: keep one of the two';
  if (code === 'TAB_AS_INDENT') return 'YAML: indent with spaces, not with tabs';
  if (code === 'MULTIPLE_DOCS') return 'YAML: one file holds one document; take the "---" line away';
  return `YAML: ${message}`;
}

/** What is YAML but cannot be a value here: keys that are collections, aliases that lead nowhere or to themselves. */
function findMisuse(document: Document): { offset: number; message: string }[] {
  const found: { offset: number; message: string }[] = [];
  const add = (node: Node | null | undefined, message: string) =>
    found.push({ offset: node?.range?.[0] ?? 0, message });
  visit(document, {
    Pair(_, pair) {
      if (isCollection(pair.key)) {
        add(pair.key, 'YAML: a list or map cannot be a key; put quotes around text that begins with [ or {');
        return visit.SKIP;
      }
      return undefined;
    },
    Node(_, node, path) {
      if (path.length > DEEPEST) {
        add(node, 'YAML: nested too deeply');
        return visit.BREAK;
      }
      if (!(node instanceof Alias)) return undefined;
      const target = node.resolve(document);
      if (target === undefined)
        add(node, `YAML: *${node.source} refers to nothing above; put quotes around text that begins with *`);
      else if (path.includes(target)) add(node, `YAML: *${node.source} refers to what it is itself a part of`);
      return undefined;
    },
  });
  return found;
}

/** Walks the nodes as far as the path goes. */
function offsetOf(document: Document, path: Path, of: 'key' | 'value' = 'value'): number {
  let node: unknown = document.contents;
  let key: unknown;
  let isWhole = true;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      // The value of a doubled key is that of the last one.
      const pair = node.items.findLast((item) => isScalar(item.key) && String(item.key.value ?? '') === String(step));
      if (pair !== undefined) {
        [key, node] = [pair.key, pair.value];
        continue;
      }
    } else if (isSeq(node) && typeof step === 'number' && node.items[step] !== undefined) {
      [key, node] = [undefined, node.items[step]];
      continue;
    }
    isWhole = false;
    break;
  }
  const isEmpty = node === null || node === undefined || (isScalar(node) && node.value === null);
  const useKey = key !== undefined && (of === 'key' || !isWhole || isEmpty || isCollection(node));
  const chosen = useKey ? key : node;
  return isScalar(chosen) || isCollection(chosen) || isAlias(chosen) ? (chosen.range?.[0] ?? 0) : 0;
}
