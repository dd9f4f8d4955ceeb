import { readFileSync } from 'node:fs';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { Field, FieldError } from './field.ts';

/** A file does not say what is wanted of it: `file:line:column: message`. */
export class FileError extends Error {}

/** What `read` makes of a file; throws a FileError where it is not YAML, or `read` throws a FieldError. */
export function readYaml<T>(path: string, name: string, read: (root: Field) => T): T {
  const text = textOf(path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placed = (offset: number, what: string): FileError => {
    const { line, col } = lines.linePos(offset);
    return new FileError(`${path}:${Math.max(line, 1)}:${Math.max(col, 1)}: ${what}`);
  };
  const [first] = document.errors;
  if (first !== undefined) throw placed(first.pos[0], first.message);
  try {
    return read(new Field(document.toJS(), name));
  } catch (error) {
    if (error instanceof FieldError) throw placed(offsetOf(document, error.path), error.message);
    throw error;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new FileError(`${path}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Where that stands, or the nearest thing around it where it is missing. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
