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
 * longer than `MOST_SEGMENTS` ends in `…` (`...` in the 7 bit alphabet).
 */
export function segmentsOf(text: string): Segment[] {
  const characters = [...text.replaceAll('\r\n', '\n')];
  const isGsm = characters.every((character) => septetsOf(character) !== undefined);
  const alphabet = isGsm ? 'gsm7' : 'ucs2';
  const encode = isGsm ? (character: string) => septetsOf(character) ?? [] : utf16Of;
  const end = isGsm ? [...'...'] : ['…'];
  const { alone, part } = ROOM[alphabet];
  const units = characters.map(encode);
  const all = split(units, alone);
  const parts = all.length <= 1 ? all : split(units, part);
  if (parts.length > MOST_SEGMENTS) {
    // Room for the end at the end of the last part.
    const ends = end.map(encode);
    const room = part - ends.flat().length;
    const last = split(splitRest(units, part), room)[0] ?? [];
    parts.splice(MOST_SEGMENTS - 1, parts.length, [...last, ...ends.flat()]);
  }
  return parts.map((values) =>
    alphabet === 'gsm7' ? { alphabet, septets: values } : { alphabet: 'ucs2', octets: values },
  );
}

/** What comes after all but the last of the parts. */
function splitRest(units: readonly (readonly number[])[], room: number): (readonly number[])[] {
  let left = MOST_SEGMENTS - 1;
  let used = 0;
  for (const [index, unit] of units.entries()) {
    if (used + unit.length > room) {
      left--;
      used = 0;
      if (left === 0) return units.slice(index);
    }
    used += unit.length;
  }
  return [];
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
