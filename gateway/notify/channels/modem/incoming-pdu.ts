import { parseAddress } from './address.ts';
import { textOfSeptets, unpackSeptets } from './gsm7.ts';

/** What a modem was given by the network. */
export type Incoming =
  /** `part`: where it is one of several, which; the texts are not put together. */
  | { readonly kind: 'deliver'; readonly from: string; readonly text: string; readonly part: number | null }
  /** TP-Status of a message that was sent with that reference. */
  | { readonly kind: 'report'; readonly reference: number; readonly to: string; readonly status: number };

/** 3GPP TS 23.040, section 9.2.3.1, in the direction from the service centre. */
const TYPES = { deliver: 0, report: 2 } as const;
const HEADER = 0x40;
const TIMESTAMP_OCTETS = 7;
/** The longest TPDU is 164 octets or so; the service centre's address comes before it. */
const MOST_OCTETS = 200;

/** An SMS-DELIVER or SMS-STATUS-REPORT in hex, as +CMT, +CDS and +CMGR give it; undefined for anything else. */
export function parseIncoming(hex: string): Incoming | undefined {
  if (!/^([0-9A-F]{2})+$/i.test(hex) || hex.length > 2 * MOST_OCTETS) return undefined;
  const octets = [...Buffer.from(hex, 'hex')];
  const start = 1 + (octets[0] ?? 0);
  const first = octets[start];
  if (first === undefined) return undefined;
  if ((first & 3) === TYPES.deliver) return parseDeliver(octets, start + 1, (first & HEADER) !== 0);
  return (first & 3) === TYPES.report ? parseReport(octets, start + 1) : undefined;
}

/** Section 9.2.2.3. */
function parseReport(octets: readonly number[], from: number): Incoming | undefined {
  const reference = octets[from];
  const to = parseAddress(octets, from + 1);
  // Two times: when it came to the service centre, and when it was settled.
  const status = to && octets[to.next + 2 * TIMESTAMP_OCTETS];
  if (reference === undefined || to === undefined || status === undefined) return undefined;
  return { kind: 'report', reference, to: to.text, status };
}

/** Section 9.2.2.1. */
function parseDeliver(octets: readonly number[], from: number, hasHeader: boolean): Incoming | undefined {
  const sender = parseAddress(octets, from);
  if (sender === undefined) return undefined;
  const coding = octets[sender.next + 1];
  const at = sender.next + 2 + TIMESTAMP_OCTETS;
  const length = octets[at];
  if (coding === undefined || length === undefined) return undefined;
  const data = octets.slice(at + 1);
  const header = hasHeader ? data.slice(0, 1 + (data[0] ?? 0)) : [];
  const text = textOfData(data, length, header.length, alphabetOf(coding));
  return { kind: 'deliver', from: sender.text, text, part: partOf(header) };
}

type Alphabet = 'gsm7' | 'ucs2' | 'octets';

/** 3GPP TS 23.038, section 4. */
function alphabetOf(coding: number): Alphabet {
  const group = coding >> 4;
  // General data coding, also of messages marked for deletion; 3 is reserved and read as 7 bits.
  if (group < 8) return (['gsm7', 'octets', 'ucs2', 'gsm7'] as const)[(coding >> 2) & 3] ?? 'gsm7';
  if (group === 0xe) return 'ucs2';
  return group === 0xf && (coding & 4) !== 0 ? 'octets' : 'gsm7';
}

function textOfData(data: readonly number[], length: number, headerOctets: number, alphabet: Alphabet): string {
  const body = data.slice(headerOctets);
  switch (alphabet) {
    case 'gsm7': {
      const headerSeptets = Math.ceil((headerOctets * 8) / 7);
      const fill = headerSeptets * 7 - headerOctets * 8;
      return textOfSeptets(unpackSeptets(body, length - headerSeptets, fill));
    }
    case 'ucs2': {
      const octets = body.slice(0, length - headerOctets);
      let text = '';
      for (let at = 0; at + 1 < octets.length; at += 2) {
        text += String.fromCharCode(((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0));
      }
      return text.toWellFormed();
    }
    case 'octets':
      return '';
    default:
      return alphabet satisfies never;
  }
}

/** Elements of a header are id, length, value; 00 and 08 say which part it is (9.2.3.24.1, 9.2.3.24.8). */
function partOf(header: readonly number[]): number | null {
  for (let at = 1; at + 1 < header.length; at += 2 + (header[at + 1] ?? 0)) {
    if (header[at] === 0) return header[at + 4] ?? null;
    if (header[at] === 8) return header[at + 5] ?? null;
  }
  return null;
}
