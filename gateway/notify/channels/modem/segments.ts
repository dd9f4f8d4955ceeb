import { septetsOf } from './gsm7.ts';

/** One part of a text, as one message carries it. */
export type Segment =
  | { readonly alphabet: 'gsm7'; readonly septets: readonly number[] }
  | { readonly alphabet: 'ucs2'; readonly octets: readonly number[] };

/** Of 140 octets: alone, and with the six of a header that says which part it is (3GPP TS 23.040, section 9.2.3.24.1). */
const ROOM = { gsm7: { alone: 160, part: 153 }, ucs2: { alone: 140, part: 134 } } as const;
/** Each part is paid for, and a phone shows nothing until all are there. */
export const MOST_SEGMENTS = 6;

/**
 * The parts of a text: 7 bits a character where the alphabet has them all, else UCS2. No character is torn apart. What is
 * longer than `MOST_SEGMENTS` ends in `…` (`...` in the 7 bit alphabet), after which its `tail` stands whole.
 */
export function segmentsOf(text: string, tail = ''): Segment[] {
  const [characters, last] = [text, tail].map((each) => [...each.replaceAll('\r\n', '\n')]) as [string[], string[]];
  const isGsm = [...characters, ...last].every((character) => septetsOf(character) !== undefined);
  const alphabet = isGsm ? 'gsm7' : 'ucs2';
  const encode = isGsm ? (character: string) => septetsOf(character) ?? [] : utf16Of;
  const { alone, part } = ROOM[alphabet];
  const units = characters.map(encode);
  const all = [...units, ...last.map(encode)];
  const parts = all.flat().length <= alone ? [all.flat()] : split(all, part);
  const shown =
    parts.length > MOST_SEGMENTS ? cut(units, [...(isGsm ? '...' : '…'), ...last].map(encode), part) : parts;
  return shown.map((values) =>
    alphabet === 'gsm7' ? { alphabet, septets: values } : { alphabet: 'ucs2', octets: values },
  );
}

/** As much of it as fits before its end. */
function cut(units: readonly (readonly number[])[], end: readonly (readonly number[])[], room: number): number[][] {
  for (let kept = units.length; ; ) {
    const parts = split([...units.slice(0, kept), ...end], room);
    const over = parts.slice(MOST_SEGMENTS).flat().length;
    if (over === 0 || kept === 0) return parts.slice(0, MOST_SEGMENTS);
    // A character has four octets at most, so that none too many goes.
    kept = Math.max(0, kept - Math.ceil(over / 4));
  }
}

function split(units: readonly (readonly number[])[], room: number): number[][] {
  let part: number[] = [];
  const parts = [part];
  for (const unit of units) {
    if (part.length + unit.length > room) {
      part = [];
      parts.push(part);
    }
    part.push(...unit);
  }
  return parts;
}

/** Big-endian; a character beyond the first plane is two of 16 bits, as phones have it since long. */
const utf16Of = (character: string): number[] =>
  [...Array(character.length).keys()].flatMap((index) => {
    const unit = character.charCodeAt(index);
    return [unit >> 8, unit & 0xff];
  });
