const HEX = /^hex:((?:\s*[0-9a-f]{2})+)\s*$/i;
const MOST_BYTES = 128;
const MOST_SHOWN = 64;

/**
 * A packet as a site writes it, a text or `hex:` and bytes; undefined if it is none, empty, or longer than 128 bytes.
 */
export function parsePacket(text: string): Buffer | undefined {
  const [, digits] = HEX.exec(text) ?? [];
  if (digits === undefined && /^hex:/i.test(text)) return undefined;
  const bytes = digits === undefined ? Buffer.from(text) : Buffer.from(digits.replaceAll(/\s/g, ''), 'hex');
  return bytes.length > 0 && bytes.length <= MOST_BYTES ? bytes : undefined;
}

/** A packet as a site would write it, at most 64 characters. */
export function showPacket(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  const isText = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !/^hex:/i.test(text);
  return (isText ? text : `hex:${Buffer.from(bytes).toString('hex')}`).slice(0, MOST_SHOWN);
}
