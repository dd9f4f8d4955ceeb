/** A request that was overheard: its reply says neither where nor how much of what. */
export interface HeardRequest {
  readonly code: number;
  readonly address: number;
}

const NAMES: Readonly<Record<number, string>> = {
  1: 'coils',
  2: 'discrete inputs',
  3: 'holding registers',
  4: 'input registers',
  5: 'coil',
  6: 'register',
  15: 'coils',
  16: 'registers',
};
/** The exceptions by name (Application Protocol V1.1b3, section 7). */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: 'illegal function',
  2: 'illegal address',
  3: 'illegal value',
  4: 'device failure',
  5: 'accepted, in progress',
  6: 'busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'target did not respond',
};
const MOST_WORDS = 16;

/** A whole PDU in words. A reply is told with the address of the request before it. */
export function describePdu(
  pdu: Uint8Array,
  isRequest: boolean,
  before: HeardRequest | undefined,
): { readonly what: string; readonly request: HeardRequest } {
  const bytes = Buffer.from(pdu.buffer, pdu.byteOffset, pdu.length);
  const [code = 0, second = 0] = bytes;
  const name = NAMES[code & 0x7f] ?? `function ${code & 0x7f}`;
  const address = bytes.length >= 5 ? bytes.readUInt16BE(1) : 0;
  const request = { code, address };
  const at = (where: number) => `0x${where.toString(16).toUpperCase().padStart(4, '0')}`;
  if (code >= 0x80) return { what: `exception ${second}: ${EXCEPTIONS[second] ?? 'unknown'}`, request };
  const isWrite = code > 4;
  if (isWrite && bytes.length >= 5) {
    const value = code === 5 || code === 6 ? `= ${hex(bytes.readUInt16BE(3))}` : `× ${bytes.readUInt16BE(3)}`;
    return { what: `${isRequest ? 'write' : 'wrote'} ${name} ${at(address)} ${value}`, request };
  }
  if (isRequest && bytes.length >= 5)
    return { what: `read ${name} ${at(address)} × ${bytes.readUInt16BE(3)}`, request };
  const where = before?.code === code ? ` ${at(before.address)}` : '';
  const data = bytes.subarray(2);
  return { what: `${name}${where}: ${code <= 2 ? [...data].map(bits).join(' ') : words(data)}`, request };
}

const hex = (word: number): string => word.toString(16).toUpperCase().padStart(4, '0');
/** The first one first. */
const bits = (byte: number): string => [...byte.toString(2).padStart(8, '0')].reverse().join('');

function words(data: Buffer): string {
  const all = Array.from({ length: data.length >> 1 }, (_, index) => hex(data.readUInt16BE(index * 2)));
  return all.length <= MOST_WORDS ? all.join(' ') : `${all.slice(0, MOST_WORDS).join(' ')} … (${all.length})`;
}
