const DEEPEST = 32;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Whether lists and objects are nested deeper than a sensor's payload ever is; looked at before it is parsed. */
function isTooDeep(payload: Uint8Array): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < payload.length; at++) {
    const byte = payload[at] ?? 0;
    if (quoted) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (OPENING.has(byte) && ++depth > DEEPEST) return true;
    else if (CLOSING.has(byte)) depth--;
  }
  return false;
}

/** A payload as JSON in UTF-8 (RFC 8259), a plain `23.5` too; undefined if it is none or is nested too deep. */
export function parsePayload(payload: Uint8Array): { readonly json: unknown } | undefined {
  if (isTooDeep(payload)) return undefined;
  try {
    return { json: JSON.parse(utf8.decode(payload)) };
  } catch {
    // What a device sends is the world: not JSON is an answer, which the caller counts.
    return undefined;
  }
}
