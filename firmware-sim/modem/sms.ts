/** A message as the network reads it from a modem. */
export interface ReadSubmit {
  readonly to: string;
  readonly text: string;
  readonly wantsReport: boolean;
  readonly validity: number | null;
  /** Reference, count, number. */
  readonly part: readonly [number, number, number] | null;
  /** Octets after the service centre's address. */
  readonly length: number;
}

const ALPHABET =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const ESCAPED: Readonly<Record<string, string>> = {
  '<': '[',
  '>': ']',
  '(': '{',
  ')': '}',
  '/': '\\',
  '=': '~',
  e: '€',
  Λ: '^',
  '¡': '|',
};

/** Septets by way of one long text of bits, the lowest first. */
function septetText(bytes: Uint8Array, skipBits: number, count: number): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0').split('').reverse().join('')).join('');
  let text = '';
  for (let i = 0; i < count; i++) {
    const piece = bits.slice(skipBits + 7 * i, skipBits + 7 * i + 7);
    text += ALPHABET.charAt(Number.parseInt(piece.split('').reverse().join(''), 2));
  }
  const [plain = '', ...escaped] = text.split('\u001b');
  return plain + escaped.map((run) => (ESCAPED[run.charAt(0)] ?? run.charAt(0)) + run.slice(1)).join('');
}

const swap = (hex: string): string => hex.replace(/(.)(.)/g, '$2$1');

/** Reads an SMS-SUBMIT; throws where a network would refuse it. */
export function readSubmit(hex: string): ReadSubmit {
  let rest = hex;
  const take = (octets: number): string => {
    if (rest.length < octets * 2) throw new Error('the PDU is too short');
    const taken = rest.slice(0, octets * 2);
    rest = rest.slice(octets * 2);
    return taken;
  };
  const number = () => Number.parseInt(take(1), 16);
  take(number());
  const length = rest.length / 2;
  const first = number();
  if ((first & 0b11) !== 1) throw new Error('not an SMS-SUBMIT');
  take(1);
  const digits = number();
  const type = number();
  const to = swap(take(Math.ceil(digits / 2))).slice(0, digits);
  take(1);
  const coding = number();
  const hasValidity = ((first >> 3) & 0b11) === 0b10;
  const validity = hasValidity ? number() : null;
  const units = number();
  const data = Buffer.from(rest, 'hex');
  const hasHeader = (first & 0x40) !== 0;
  const headerLength = hasHeader ? 1 + (data[0] ?? 0) : 0;
  const wantedOctets = coding === 8 ? units : Math.ceil((units * 7) / 8);
  if (data.length !== wantedOctets || data.length > 140) throw new Error('the length of the user data is wrong');
  const text =
    coding === 8
      ? data.subarray(headerLength).swap16().toString('utf16le')
      : septetText(data, Math.ceil((headerLength * 8) / 7) * 7, units - Math.ceil((headerLength * 8) / 7));
  const part = hasHeader ? ([data[3] ?? 0, data[4] ?? 0, data[5] ?? 0] as const) : null;
  return {
    to: (type === 0x91 ? '+' : '') + to,
    text,
    wantsReport: (first & 0x20) !== 0,
    validity,
    part,
    length,
  };
}

const octet = (value: number): string => value.toString(16).padStart(2, '0');
const STAMP = swap('26071523223032');

function address(phone: string): string {
  const digits = phone.replace('+', '');
  return octet(digits.length) + (phone.startsWith('+') ? '91' : '81') + swap(digits + (digits.length % 2 ? 'f' : ''));
}

/** An SMS-DELIVER in UCS2, with the service centre's address. */
export function writeDeliver(from: string, text: string): string {
  const data = Buffer.from(text, 'utf16le').swap16();
  return `0891683108200505f004${address(from)}0008${STAMP}${octet(data.length)}${data.toString('hex')}`.toUpperCase();
}

/** An SMS-STATUS-REPORT. */
export function writeReport(reference: number, to: string, status: number): string {
  return `0006${octet(reference)}${address(to)}${STAMP}${STAMP}${octet(status)}`.toUpperCase();
}
