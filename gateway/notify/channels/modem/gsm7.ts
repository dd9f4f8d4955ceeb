/** The GSM 7 bit default alphabet, 3GPP TS 23.038, section 6.2.1; ESC leads to the extension table. */
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const ESC = 0x1b;
/** Section 6.2.1.1. */
const EXTENSION: Readonly<Record<string, number>> = {
  '\f': 0x0a,
  '^': 0x14,
  '{': 0x28,
  '}': 0x29,
  '\\': 0x2f,
  '[': 0x3c,
  '~': 0x3d,
  ']': 0x3e,
  '|': 0x40,
  '€': 0x65,
};

const SEPTETS = new Map<string, readonly number[]>([
  ...[...BASIC].map((character, code): [string, readonly number[]] => [character, [code]]),
  ...Object.entries(EXTENSION).map(([character, code]): [string, readonly number[]] => [character, [ESC, code]]),
]);
SEPTETS.delete('\u001b');
const EXTENDED = new Map(Object.entries(EXTENSION).map(([character, code]) => [code, character]));
const CHARACTERS = [...BASIC];

/** One character's septets, one or two; undefined for what the alphabet does not have. */
export const septetsOf = (character: string): readonly number[] | undefined => SEPTETS.get(character);

/** Text of septets; an escape that leads nowhere is a space (6.2.1.1, note 1). */
export function textOfSeptets(septets: readonly number[]): string {
  let text = '';
  let isEscaped = false;
  for (const septet of septets) {
    if (isEscaped) {
      text += EXTENDED.get(septet) ?? ' ';
      isEscaped = false;
    } else if (septet === ESC) isEscaped = true;
    else text += CHARACTERS[septet] ?? ' ';
  }
  return text;
}

/** Septets in octets, the first in the lowest bits, after `fill` bits of nothing (23.038, section 6.1.2.1). */
export function packSeptets(septets: readonly number[], fill = 0): number[] {
  const octets: number[] = [];
  let bits = 0;
  let held = fill;
  for (const septet of septets) {
    bits |= septet << held;
    held += 7;
    while (held >= 8) {
      octets.push(bits & 0xff);
      bits >>= 8;
      held -= 8;
    }
  }
  if (held > 0) octets.push(bits & 0xff);
  return octets;
}

/** So many septets of octets; fewer where there are not so many. */
export function unpackSeptets(octets: readonly number[], count: number, fill = 0): number[] {
  const septets: number[] = [];
  const most = Math.min(count, Math.floor((octets.length * 8 - fill) / 7));
  for (let index = 0; index < most; index++) {
    const at = fill + index * 7;
    const low = octets[at >> 3] ?? 0;
    const high = octets[(at >> 3) + 1] ?? 0;
    septets.push((((high << 8) | low) >> (at & 7)) & 0x7f);
  }
  return septets;
}
