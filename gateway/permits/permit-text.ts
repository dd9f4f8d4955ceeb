import { Fault } from '#kit/fault.ts';

/**
 * The text of a file as offices export it: UTF-8, with or without a byte order mark, or else GB18030 (and so GBK and
 * GB 2312). Throws a Fault `encoding` for UTF-16, and for bytes that are none of these.
 */
export function decodeOfficeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new Fault('encoding', 'this is UTF-16', { hint: 'save it as CSV in UTF-8 (or as plain CSV, in GB18030)' });
  }
  for (const encoding of ['utf-8', 'gb18030']) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      if (!text.includes('\0')) return text;
    } catch {
      // The next one, or the fault below.
    }
  }
  throw new Fault('encoding', 'this is text neither in UTF-8 nor in GB18030', { hint: 'save it as CSV in UTF-8' });
}
