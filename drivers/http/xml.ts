/** Bounds of a document that a camera sends. */
const DEEPEST = 32;
const MOST_ELEMENTS = 2000;

const PREDEFINED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', apos: "'", quot: '"' };
const LONGEST_REFERENCE = 12;
/** In one text. */
const MOST_REFERENCES = 10_000;

const NAME = /[A-Za-z_:][\w:.-]*/y;
const ATTRIBUTES = /(?:\s+[A-Za-z_:][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*/y;

interface Open {
  readonly tag: string;
  readonly members: Record<string, unknown>;
  text: string;
  hasMembers: boolean;
}

const newOpen = (tag: string): Open => ({ tag, members: Object.create(null), text: '', hasMembers: false });

/** `ns:tag` → `tag`: which prefix a maker chose says nothing. */
const localOf = (tag: string): string => tag.slice(tag.lastIndexOf(':') + 1);

/** What a reference stands for; undefined for one that is not predefined and no character, which is never resolved. */
function characterOf(name: string): string | undefined {
  if (Object.hasOwn(PREDEFINED, name)) return PREDEFINED[name];
  const [, decimal, hex] = /^#(?:(\d+)|x([\da-f]+))$/i.exec(name) ?? [];
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  const isCode = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCode ? String.fromCodePoint(code) : undefined;
}

/** Predefined entities and characters by number (XML 1.0, 4.1 and 4.6); undefined at the first of any other, or at too many. */
function plainOf(text: string): string | undefined {
  let plain = '';
  let from = 0;
  let references = 0;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', from)) {
    const length = text.slice(at + 1, at + LONGEST_REFERENCE + 2).indexOf(';');
    const character = length < 0 ? undefined : characterOf(text.slice(at + 1, at + 1 + length));
    if (character === undefined || ++references > MOST_REFERENCES) return undefined;
    plain += text.slice(from, at) + character;
    from = at + length + 2;
  }
  return plain + text.slice(from);
}

/** Puts a child beside its namesakes: the second makes a list of them. */
function addMember(members: Record<string, unknown>, name: string, value: unknown): void {
  const before = members[name];
  if (before === undefined) members[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else members[name] = [before, value];
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  skip(lead: string): boolean {
    if (!this.#text.startsWith(lead, this.#at)) return false;
    this.#at += lead.length;
    return true;
  }

  /** What stands before `mark`, which is passed; undefined if it does not come. */
  until(mark: string): string | undefined {
    const end = this.#text.indexOf(mark, this.#at);
    if (end < 0) return undefined;
    const found = this.#text.slice(this.#at, end);
    this.#at = end + mark.length;
    return found;
  }

  /** Text up to the next tag. */
  text(): string {
    const end = this.#text.indexOf('<', this.#at);
    const found = this.#text.slice(this.#at, end < 0 ? undefined : end);
    this.#at += found.length;
    return found;
  }

  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }
}

/**
 * An XML document as a tree such as JSON gives: `<a><b>1</b></a>` → `{ a: { b: '1' } }`. Namesakes beside one another are a
 * list, attributes and prefixes of names are left out, all values are text. Undefined for what is not well-formed, is too deep
 * or too large, or has a document type: so no entity can be declared, and none is ever expanded.
 */
export function parseXml(source: string): Readonly<Record<string, unknown>> | undefined {
  const reader = new Reader(source.replace(/^\uFEFF/, ''));
  const root = newOpen('');
  const open: Open[] = [root];
  let elements = 0;
  while (!reader.isEnd) {
    const here = open.at(-1) ?? root;
    if (reader.skip('<?')) {
      if (reader.until('?>') === undefined) return undefined;
    } else if (reader.skip('<!--')) {
      if (reader.until('-->') === undefined) return undefined;
    } else if (reader.skip('<![CDATA[')) {
      const data = reader.until(']]>');
      if (data === undefined || here === root) return undefined;
      here.text += data;
    } else if (reader.skip('</')) {
      if (here === root || reader.match(NAME) !== here.tag || reader.match(/\s*>/y) === undefined) return undefined;
      open.pop();
      close(here, open.at(-1) ?? root);
    } else if (reader.skip('<')) {
      // A document type `<!DOCTYPE` is no name and ends it here.
      const tag = reader.match(NAME);
      if (tag === undefined || ++elements > MOST_ELEMENTS || (here === root && root.hasMembers)) return undefined;
      here.hasMembers = true;
      reader.match(ATTRIBUTES);
      if (reader.skip('/>')) addMember(here.members, localOf(tag), '');
      else if (!reader.skip('>') || open.push(newOpen(tag)) > DEEPEST) return undefined;
    } else {
      const text = plainOf(reader.text());
      if (text === undefined || (here === root && text.trim() !== '')) return undefined;
      here.text += text;
    }
  }
  return open.length === 1 && root.hasMembers ? root.members : undefined;
}

const close = (element: Open, parent: Open): void =>
  addMember(parent.members, localOf(element.tag), element.hasMembers ? element.members : element.text.trim());
