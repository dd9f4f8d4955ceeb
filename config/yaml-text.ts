import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { Fault } from '#kit/fault.ts';
import { isMapping } from './document.ts';
import { type Fields, mergeFields } from './merged-fields.ts';
import { encodeFlow, encodePair, endOf, startOf } from './yaml-places.ts';

/** A piece of the text that is written otherwise. */
interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** `by hand`: the file is written in a way (anchors, several pairs a line …) that only its author can change. */
const byHand = (why: string) =>
  new Fault('site-edit', `the file cannot be changed from here: ${why}`, { hint: 'change it by hand, in an editor' });

const PARSING = { version: '1.2', logLevel: 'error', uniqueKeys: false } as const;
/** Begins a text of which empty lines behind it are a part, as `|+`. */
const KEEPING = /[|>]\d?\+\d?[ \t]*(#.*)?\r?\n/;

/** One file of a site while it is changed. What it holds beside the change stays as it was, to the byte. */
export class YamlText {
  readonly text: string;
  readonly #document: Document;
  readonly #eol: string;
  readonly #mark: string;
  #value: { readonly is: unknown } | undefined;

  /** Throws the Fault `site-edit` for what is no YAML. */
  constructor(text: string) {
    this.#mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
    this.text = text.slice(this.#mark.length);
    this.#eol = this.text.includes('\r\n') ? '\r\n' : '\n';
    this.#document = parseDocument(this.text, PARSING);
    const [error] = this.#document.errors;
    if (error !== undefined) throw byHand(`it is no YAML: ${error.message.split('\n')[0]}`);
  }

  /** What it says, as it stands there: not to be changed. */
  get value(): unknown {
    this.#value ??= { is: this.#document.toJS() as unknown };
    return this.#value.is;
  }

  /** The text with one entry more at the end of a list, which is begun where there is none. */
  add(list: string, entry: Fields): string {
    const before = isMapping(this.value) ? this.value : {};
    const held = before[list] ?? [];
    const expected = { ...before, [list]: [...(Array.isArray(held) ? held : []), entry] };
    return this.#apply(this.#addTo(list, entry), expected);
  }

  /** The text with fields of one entry otherwise. */
  change(list: string, index: number, fields: Fields): string {
    return this.changeAll(list, new Map([[index, fields]]));
  }

  /** The same of several entries. */
  changeAll(list: string, changes: ReadonlyMap<number, Fields>): string {
    const seq = this.#listOf(list);
    const before = isMapping(this.value) ? this.value : {};
    const held = before[list];
    const after: unknown[] = Array.isArray(held) ? [...held] : [];
    const splices = [...changes].flatMap(([index, fields]) => {
      const item = seq?.items[index];
      if (!isMap(item)) throw byHand(`entry ${index + 1} of ${list} is no map of its own`);
      after[index] = mergeFields(after[index], fields);
      return this.#changeMap(item, fields);
    });
    return this.#apply(splices, { ...before, [list]: after });
  }

  /** The text less one entry. Comments before it stay. */
  remove(list: string, index: number): string {
    const before = isMapping(this.value) ? this.value : {};
    const held = before[list];
    const rest = Array.isArray(held) ? held.filter((_, i) => i !== index) : [];
    const expected = { ...before, [list]: rest.length === 0 ? null : rest };
    return this.#apply(this.#removeFrom(list, index), expected, { ...before, [list]: rest });
  }

  #listOf(list: string): YAMLSeq | undefined {
    const value = this.#pairOf(list)?.value;
    if (isSeq(value)) return value;
    if (value === undefined || value === null || (isScalar(value) && value.value === null)) return undefined;
    throw byHand(isAlias(value) ? `${list} is an alias` : `${list} is no list`);
  }

  #pairOf(key: string): Pair | undefined {
    const root = this.#document.contents;
    if (root === null || (isScalar(root) && root.value === null)) return undefined;
    if (!isMap(root) || root.flow === true) throw byHand('it is no map with a key a line');
    return root.items.find((item) => isScalar(item.key) && item.key.value === key);
  }

  #addTo(list: string, entry: Fields): Splice[] {
    const pair = this.#pairOf(list);
    const seq = this.#listOf(list);
    if (pair === undefined) {
      return [this.#lineAt(this.text.length, [`${list}:`, ...this.#itemLines(entry, '  ', false)])];
    }
    const last = seq?.items.at(-1);
    if (seq === undefined || last === undefined) {
      // What stands behind the colon, `[]` or nothing, gives way; a comment there stays.
      const [from, to] = seq?.range ?? [0, 0];
      const gone = seq === undefined ? [] : [{ from: this.text[from - 1] === ' ' ? from - 1 : from, to, text: '' }];
      const at = this.#lineEnd(Math.max(endOf(pair.key), to));
      return [...gone, this.#lineAt(at, this.#itemLines(entry, '  ', false))];
    }
    const end = endOf(last);
    if (seq.flow === true) return [{ from: end, to: end, text: `, ${encodeFlow(entry)}` }];
    const isFlow = seq.items.every((item) => isCollection(item) && item.flow === true);
    const lines = this.#itemLines(entry, this.#indentOf(last), isFlow);
    const previous = seq.items.at(-2);
    const between = previous === undefined ? '' : this.text.slice(endOf(previous), startOf(last));
    const isApart = /\n[ \t\r]*\n/.test(between) && !KEEPING.test(this.text.slice(startOf(last), end));
    return [this.#lineAt(this.#lineEnd(end), isApart ? ['', ...lines] : lines)];
  }

  #itemLines(entry: Fields, indent: string, isFlow: boolean): string[] {
    if (isFlow) return [`${indent}- ${encodeFlow(entry)}`];
    return Object.entries(entry).map(([key, value], i) => `${indent}${i === 0 ? '- ' : '  '}${encodePair(key, value)}`);
  }

  #removeFrom(list: string, index: number): Splice[] {
    const seq = this.#listOf(list);
    const item = seq?.items[index];
    if (seq === undefined || item === undefined) throw byHand(`${list} has no entry ${index + 1}`);
    const [previous, next] = [seq.items[index - 1], seq.items[index + 1]];
    if (seq.flow === true) {
      if (previous !== undefined) return [{ from: endOf(previous), to: endOf(item), text: '' }];
      return [{ from: startOf(item), to: next === undefined ? endOf(item) : startOf(next), text: '' }];
    }
    this.#indentOf(item);
    return [{ from: this.#lineStart(startOf(item)), to: this.#lineEnd(endOf(item)), text: '' }];
  }

  #changeMap(map: YAMLMap, fields: Fields): Splice[] {
    const find = (key: string) => map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    const isGone = Object.entries(fields).some(([key, value]) => value === null && find(key) !== undefined);
    if (map.flow === true && isGone) return [this.#rewritten(map, fields)];
    const added: [string, unknown][] = [];
    const splices: Splice[] = [];
    for (const [key, value] of Object.entries(fields)) {
      const pair = find(key);
      if (value === undefined || (value === null && pair === undefined)) continue;
      if (pair === undefined) added.push([key, isMapping(value) ? mergeFields({}, value) : value]);
      else if (value === null) splices.push(this.#withoutPair(pair));
      else if (isMapping(value) && isMap(pair.value)) splices.push(...this.#changeInner(pair, pair.value, value));
      else splices.push(...this.#withValue(pair, value));
    }
    const inserted = added.filter(([, value]) => !isMapping(value) || Object.keys(value).length > 0);
    return inserted.length === 0 ? splices : [...splices, this.#withPairs(map, inserted)];
  }

  /** A map from which all is taken away goes with its key. */
  #changeInner(pair: Pair, map: YAMLMap, fields: Fields): Splice[] {
    const merged = mergeFields(map.toJS(this.#document), fields);
    if (Object.keys(merged).length > 0) return this.#changeMap(map, fields);
    return [this.#withoutPair(pair)];
  }

  #rewritten(map: YAMLMap, fields: Fields): Splice {
    const [from, to] = [startOf(map), endOf(map)];
    if (this.text.slice(from, to).includes('\n')) throw byHand('a map in braces goes over several lines');
    return { from, to, text: encodeFlow(mergeFields(map.toJS(this.#document), fields)) };
  }

  #withoutPair(pair: Pair): Splice {
    const from = this.#lineStart(startOf(pair.key));
    if (this.text.slice(from, startOf(pair.key)).trim() !== '') throw byHand('a key does not begin its line');
    return { from, to: this.#lineEnd(endOf(pair.value ?? pair.key)), text: '' };
  }

  #withValue({ key, value: node }: Pair, value: unknown): Splice[] {
    if (isAlias(node)) throw byHand('a value is an alias');
    const colon = this.text.indexOf(':', endOf(key)) + 1;
    const inserted = { from: colon, to: colon, text: ` ${encodeFlow(value)}` };
    if (node === null || node === undefined || startOf(node) === endOf(node)) return [inserted];
    const [from, end] = [startOf(node), endOf(node)];
    // A block on lines of its own goes, and comments about the key stay beside it.
    const isBelow = isCollection(node) && node.flow !== true && this.text.slice(colon, from).includes('\n');
    if (isBelow) return [inserted, { from: this.#lineStart(from), to: this.#lineEnd(end), text: '' }];
    const to = this.text[end - 1] === '\n' ? end - this.#eol.length : end;
    return [{ from, to, text: encodeFlow(value) }];
  }

  #withPairs(map: YAMLMap, added: readonly (readonly [string, unknown])[]): Splice {
    const pairs = added.map(([key, value]) => encodePair(key, value));
    const [first, last] = [map.items[0], map.items.at(-1)];
    if (first === undefined || last === undefined) {
      return { from: startOf(map), to: endOf(map), text: `{ ${pairs.join(', ')} }` };
    }
    const end = endOf(last.value ?? last.key);
    if (map.flow === true) return { from: end, to: end, text: `, ${pairs.join(', ')}` };
    const column = startOf(first.key) - this.#lineStart(startOf(first.key));
    return this.#lineAt(
      this.#lineEnd(end),
      pairs.map((pair) => ' '.repeat(column) + pair),
    );
  }

  /** What stands before the dash of an entry: blanks only. */
  #indentOf(item: unknown): string {
    const start = this.#lineStart(startOf(item));
    const [, indent] = /^([ ]*)-[ ]+$/.exec(this.text.slice(start, startOf(item))) ?? [];
    if (indent === undefined) throw byHand('an entry does not begin its line');
    return indent;
  }

  #lineStart = (at: number): number => this.text.lastIndexOf('\n', at - 1) + 1;

  /** Behind the line that ends at or after `at`. */
  #lineEnd(at: number): number {
    if (at > 0 && this.text[at - 1] === '\n') return at;
    const end = this.text.indexOf('\n', at);
    return end === -1 ? this.text.length : end + 1;
  }

  #lineAt(at: number, lines: readonly string[]): Splice {
    const isOpen = at > 0 && this.text[at - 1] !== '\n';
    return { from: at, to: at, text: (isOpen ? this.#eol : '') + lines.map((line) => line + this.#eol).join('') };
  }

  /** What comes out must say what is meant, and nothing else: what would not is refused. */
  #apply(splices: readonly Splice[], ...expected: readonly unknown[]): string {
    // From the end on; of two in one place, the one of the inner map comes to stand first.
    const sorted = splices.toReversed().toSorted((a, b) => b.from - a.from || b.to - a.to);
    let text = this.text;
    let after = Number.POSITIVE_INFINITY;
    for (const { from, to, text: piece } of sorted) {
      if (to > after) throw byHand('two changes meet in one place');
      text = text.slice(0, from) + piece + text.slice(to);
      after = from;
    }
    const document = parseDocument(text, PARSING);
    const value: unknown = document.errors.length === 0 ? document.toJS() : undefined;
    if (!expected.some((each) => isDeepStrictEqual(value, structuredClone(each))))
      throw byHand('it is written in an unusual way');
    return this.#mark + text;
  }
}
