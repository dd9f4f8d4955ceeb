import { isUtf8 } from 'node:buffer';

const DEEPEST = 32;
/** Texts and commas: 3 MB of messages, as a relay may give at once, have fewer; many more would hold up all others. */
const MOST_PIECES = 500_000;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** UTF-8 as text, without a byte order mark; undefined if it is none. A tenth of what TextDecoder takes for a picture. */
function textOf(payload: Uint8Array): string | undefined {
  if (!isUtf8(payload)) return undefined;
  const { buffer, byteOffset, byteLength } = payload;
  return Buffer.from(buffer, byteOffset, byteLength)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}

/** Where the text that begins at a quote ends: a quote with an even number of backslashes before it. Past the end if nowhere. */
function endOfText(payload: Uint8Array, begin: number): number {
  for (let end = payload.indexOf(QUOTE, begin + 1); end >= 0; end = payload.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (payload[end - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return payload.length;
}

/** Whether lists and objects are nested deeper, or hold more, than a sensor's payload ever does; looked at before it is parsed. */
function isTooMuch(payload: Uint8Array): boolean {
  let depth = 0;
  let pieces = 0;
  for (let at = 0; at < payload.length; at++) {
    const byte = payload[at] ?? 0;
    if ((byte === QUOTE || byte === COMMA) && ++pieces > MOST_PIECES) return true;
    // A text may be a whole picture.
    if (byte === QUOTE) at = endOfText(payload, at);
    else if (OPENING.has(byte) && ++depth > DEEPEST) return true;
    else if (CLOSING.has(byte)) depth--;
  }
  return false;
}

/** A payload as JSON in UTF-8 (RFC 8259), a plain `23.5` too; undefined if it is none, is nested too deep or holds too much. */
export function parsePayload(payload: Uint8Array): { readonly json: unknown } | undefined {
  const text = isTooMuch(payload) ? undefined : textOf(payload);
  if (text === undefined) return undefined;
  try {
    return { json: JSON.parse(text) };
  } catch {
    // What a device sends is the world: not JSON is an answer, which the caller counts.
    return undefined;
  }
}
