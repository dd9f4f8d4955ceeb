/** Shorter ones would blot out ordinary words. */
const SHORTEST = 4;
const LONGEST_TEXT = 300;

/**
 * Makes texts of the other side fit to be shown: one line, of bounded length, with `***` in place of each secret, also as it
 * stands in a URL or in JSON.
 */
export function hiding(secrets: readonly (string | undefined)[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret !== undefined && secret.length >= SHORTEST)
    .flatMap((secret) => {
      const text = String(secret);
      return [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)];
    })
    .toSorted((a, b) => b.length - a.length);
  return (text) => {
    let shown = text;
    for (const form of forms) shown = shown.replaceAll(form, '***');
    // Control and format characters would draw, or hide, what is beside them.
    return shown
      .replace(/\p{C}+/gu, ' ')
      .trim()
      .slice(0, LONGEST_TEXT);
  };
}
