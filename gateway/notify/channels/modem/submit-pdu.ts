import { encodeAddress } from './address.ts';
import { packSeptets } from './gsm7.ts';
import type { Segment } from './segments.ts';

export interface Submit {
  /** As `dialled` gives it. */
  readonly to: string;
  readonly segment: Segment;
  /** Which part of how many, and the reference that all parts of one text have; null for a text of one part. */
  readonly part: { readonly reference: number; readonly count: number; readonly number: number } | null;
  readonly validityMs: number;
  readonly wantsReport: boolean;
}

/** A message as AT+CMGS takes it: its octets in hex, the service centre's before them, and how many there are after that. */
export interface EncodedPdu {
  readonly hex: string;
  readonly length: number;
}

/** First octet (3GPP TS 23.040, section 9.2.2.2): SMS-SUBMIT, a relative validity period, status report, user data header. */
const SUBMIT = 0x01;
const RELATIVE_VALIDITY = 0x10;
const STATUS_REPORT = 0x20;
const HEADER = 0x40;
/** TP-DCS (3GPP TS 23.038, section 4). */
const CODING = { gsm7: 0x00, ucs2: 0x08 } as const;

export function encodeSubmit({ to, segment, part, validityMs, wantsReport }: Submit): EncodedPdu {
  // Concatenated short messages, 8-bit reference number (9.2.3.24.1).
  const header = part === null ? [] : [5, 0, 3, part.reference & 0xff, part.count, part.number];
  const first = SUBMIT | RELATIVE_VALIDITY | (wantsReport ? STATUS_REPORT : 0) | (part === null ? 0 : HEADER);
  const octets = [
    first,
    // The modem numbers it itself.
    0,
    ...encodeAddress(to),
    // TP-PID: from one phone to another.
    0,
    CODING[segment.alphabet],
    validityOf(validityMs),
    ...userData(header, segment),
  ];
  // 00: the service centre that the SIM knows.
  return {
    hex: Buffer.from([0, ...octets])
      .toString('hex')
      .toUpperCase(),
    length: octets.length,
  };
}

/** Its length comes first: in septets, those that the header fills among them, or in octets (9.2.3.16). */
function userData(header: readonly number[], segment: Segment): number[] {
  if (segment.alphabet === 'ucs2') return [header.length + segment.octets.length, ...header, ...segment.octets];
  const headerSeptets = Math.ceil((header.length * 8) / 7);
  const fill = headerSeptets * 7 - header.length * 8;
  return [headerSeptets + segment.septets.length, ...header, ...packSeptets(segment.septets, fill)];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** TP-VP in its relative form (9.2.3.12.1), at least as long as wanted. */
export function validityOf(ms: number): number {
  if (ms <= 12 * HOUR) return Math.max(0, Math.ceil(ms / (5 * MINUTE)) - 1);
  if (ms <= DAY) return 143 + Math.ceil((ms - 12 * HOUR) / (30 * MINUTE));
  if (ms <= 30 * DAY) return 166 + Math.ceil(ms / DAY);
  return Math.min(255, 192 + Math.ceil(ms / (7 * DAY)));
}
