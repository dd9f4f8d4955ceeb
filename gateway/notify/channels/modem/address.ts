import { textOfSeptets, unpackSeptets } from './gsm7.ts';

/** Type of address, 3GPP TS 23.040, section 9.1.2.5: international, and unknown, both by the telephone numbering plan. */
const INTERNATIONAL = 0x91;
const UNKNOWN = 0x81;
const ALPHANUMERIC = 5;
/** What semi-octets above 9 are (9.1.2.3). */
const DIGITS = '0123456789*#abc';

/** `+86 138-0000-0001` → `+8613800000001`; undefined for what cannot be dialled. */
export function dialled(phone: string): string | undefined {
  const digits = phone.replace(/[\s().-]/g, '');
  return /^\+?\d{3,15}$/.test(digits) ? digits : undefined;
}

/** Whether two numbers are of one phone, where one may have its country and the other not. */
export function isSamePhone(a: string, b: string): boolean {
  const [x, y] = [a, b].map((number) => number.replace(/\D/g, ''));
  if (x === undefined || y === undefined) return false;
  if (x === y) return true;
  const [short, long] = x.length < y.length ? [x, y] : [y, x];
  return short.length >= 8 && long.length - short.length <= 4 && long.endsWith(short.replace(/^0/, ''));
}

/** Number of digits, type, semi-octets (9.1.2.5). */
export function encodeAddress(number: string): number[] {
  const digits = number.replace(/^\+/, '');
  const octets: number[] = [];
  for (let at = 0; at < digits.length; at += 2) {
    const low = Number(digits[at]);
    const high = at + 1 < digits.length ? Number(digits[at + 1]) : 0xf;
    octets.push((high << 4) | low);
  }
  return [digits.length, number.startsWith('+') ? INTERNATIONAL : UNKNOWN, ...octets];
}

/** The address at `from`, and where what follows begins; undefined where it does not fit. */
export function parseAddress(octets: readonly number[], from: number): { text: string; next: number } | undefined {
  const [length, type] = [octets[from], octets[from + 1]];
  // 20 semi-octets at most.
  if (length === undefined || type === undefined || length > 20) return undefined;
  const next = from + 2 + Math.ceil(length / 2);
  if (next > octets.length) return undefined;
  const body = octets.slice(from + 2, next);
  if (((type >> 4) & 7) === ALPHANUMERIC) {
    return { text: textOfSeptets(unpackSeptets(body, Math.floor((length * 4) / 7))), next };
  }
  const nibbles = body.flatMap((octet) => [octet & 0xf, octet >> 4]).slice(0, length);
  const digits = nibbles.map((nibble) => DIGITS[nibble] ?? '').join('');
  return { text: ((type >> 4) & 7) === 1 ? `+${digits}` : digits, next };
}
