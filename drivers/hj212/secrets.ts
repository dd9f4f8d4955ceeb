/** Shorter ones would be found everywhere; the field that they stand in is left out all the same. */
const SHORTEST = 3;
/** So many characters on end, or such a share of them, and bytes are a text. */
const TEXT = /[\x20-\x7e]{8}/;
const TEXT_SHARE = 0.75;
/** A CP, and its CRC: what is outside of it may be a PW. */
const CP = /(CP=&&[^\n]*?(?:&&(?:[0-9A-Fa-f]{4}(?=[\r\n]|$))?|(?=\n|$)))/;
const HARMLESS =
  /^(?:##\d{4})?(?:QN=\d{17}|ST=\w{2}|CN=\d{4}|PW=\**|MN=[^=&]{0,64}|Flag=\d{1,3}|PNUM=\d{1,4}|PNO=\d{1,4})$/;

const starsFor = (text: string): string => '*'.repeat(text.length);

/** Whether bytes (one character each) are, or were, a text, and no noise. */
export const isText = (bytes: string): boolean =>
  TEXT.test(bytes) || bytes.replaceAll(/[^\x20-\x7e\r\n]/g, '').length >= TEXT_SHARE * bytes.length;

/**
 * Bytes that are no right frame (one character each) with stars for what is a password, or may have been one: a broken
 * frame's PW need not stand where it should. Of a header only fields that are as the standard writes them are left.
 */
export function withoutSecrets(bytes: string, passwords: Iterable<string>): string {
  let masked = bytes;
  for (const password of passwords) {
    const sent = Buffer.from(password).toString('latin1');
    if (sent.length >= SHORTEST) masked = masked.replaceAll(sent, starsFor(sent));
  }
  masked = masked.replaceAll(/(?<=(?:pw|pwd|passwd|password)=)[^;&]+/gi, starsFor);
  if (!isText(bytes)) return masked;
  const parts = masked.split(CP);
  return parts.map((part, index) => (index % 2 === 1 ? part : withoutDoubtful(part))).join('');
}

const withoutDoubtful = (header: string): string =>
  header.replaceAll(/[^;\r\n]+/g, (field) => (HARMLESS.test(field) ? field : starsFor(field)));
