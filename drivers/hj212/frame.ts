/** Name and value of one sub-field, such as `LA-Rtd` and `57.9`. */
export type Field = readonly [name: string, value: string];

/** A data segment taken apart (HJ 212-2017, 6.3.1). Texts are as they came. */
export interface Frame {
  /** `YYYYMMDDhhmmsszzz`, local time; replies repeat it. Uploads of the 2005 edition often have none. */
  readonly qn?: string;
  readonly st: string;
  readonly cn: string;
  readonly pw: string;
  readonly mn: string;
  /** Bit 0: an answer is wanted; bit 1: one packet of several; the rest: the edition. */
  readonly flag?: number;
  readonly packet?: { readonly number: number; readonly of: number };
  /** Items of the CP, each with its sub-fields. */
  readonly cp: readonly (readonly Field[])[];
}

/**
 * `strict` is the letter of the standard. `lenient` also takes what instruments really send: LF without CR, a CRC in small
 * letters, blanks, a `;` too many, header fields in another order, a PW, MN or QN of another length, unknown header fields, a
 * PNUM and PNO that stand for nothing.
 */
export type Mode = 'strict' | 'lenient';

/** Why bytes between `##` and the tail are no frame. */
export type FrameFlaw = 'length' | 'tail' | 'crc' | 'syntax';

export type Edition = 2005 | 2017 | 2025;

/** Bytes of `##` and the length before the data segment, and of the CRC after it; the tail comes on top. */
export const HEAD_BYTES = 6;
export const CRC_BYTES = 4;

/** Longest data segment: 1024 in the 2017 edition; the 2025 edition's own bound is unverified, and some send more anyway. */
export const MOST_BYTES: Readonly<Record<Mode, number>> = { strict: 1024, lenient: 4096 };

const HEADER: readonly string[] = ['QN', 'ST', 'CN', 'PW', 'MN', 'Flag', 'PNUM', 'PNO'];

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  return crc;
});

/**
 * The CRC of a data segment (appendix A). Not that of Modbus: the register's low byte is dropped before each byte, so that
 * it has 256 values only and lets one broken frame in 256 pass.
 */
export function crcOf(segment: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of segment) crc = CRC_TABLE[(crc >> 8) ^ byte] ?? 0;
  return crc;
}

export const wantsAnswer = ({ flag = 0 }: Frame): boolean => (flag & 1) === 1;

/** By the Flag's upper bits: 0 is 2005, 1 is 2017; 2 is 2025 (unverified). */
export function editionOf({ flag = 0 }: Frame): Edition {
  const bits = flag >> 2;
  return bits === 0 ? 2005 : bits === 1 ? 2017 : 2025;
}

/** The Flag of one packet in that edition. */
export const flagOf = (edition: Edition, answer: boolean): number =>
  ({ 2005: 0, 2017: 4, 2025: 8 })[edition] + Number(answer);

/** The value of the first sub-field of that name. */
export const fieldOf = ({ cp }: Pick<Frame, 'cp'>, wanted: string): string | undefined =>
  cp.flat().find(([name]) => name === wanted)?.[1];

/** A whole frame, from `##` to its CR LF. Throws for a text that would break it, and for more than 9999 bytes. */
export function encodeFrame(frame: Frame): Buffer {
  const { qn, st, cn, pw, mn, flag, packet } = frame;
  const values = [qn, st, cn, pw, mn, flag, packet?.of, packet?.number];
  const header = HEADER.flatMap((name, index) => (values[index] === undefined ? [] : [`${name}=${values[index]};`]));
  const texts = [...values, ...frame.cp.flat(2)];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a control character would end the frame.
  const wrong = texts.find((text) => typeof text === 'string' && /[;,=&\x00-\x1f]/.test(text));
  if (wrong !== undefined) throw new TypeError(`cannot stand in a frame: ${JSON.stringify(wrong)}`);
  const items = frame.cp.map((item) => item.map((field) => field.join('=')).join(','));
  const segment = Buffer.from(`${header.join('')}CP=&&${items.join(';')}&&`);
  if (segment.length > 9999) throw new RangeError(`a data segment of ${segment.length} bytes: at most 9999`);
  const crc = crcOf(segment).toString(16).toUpperCase().padStart(CRC_BYTES, '0');
  const length = String(segment.length).padStart(4, '0');
  return Buffer.concat([Buffer.from(`##${length}`), segment, Buffer.from(`${crc}\r\n`)]);
}

/** The frame that these bytes are, from `##` to the tail, or what is wrong with them. */
export function parseFrame(bytes: Buffer, mode: Mode): Frame | FrameFlaw {
  const digits = bytes.toString('latin1', 2, HEAD_BYTES);
  const length = Number(digits);
  const end = HEAD_BYTES + length;
  const tail = bytes.toString('latin1', end + CRC_BYTES);
  if (bytes.toString('latin1', 0, 2) !== '##' || !/^\d{4}$/.test(digits)) return 'length';
  if (length > MOST_BYTES[mode] || bytes.length < end + CRC_BYTES) return 'length';
  if (tail !== '\r\n' && (mode === 'strict' || tail !== '\n')) return 'tail';
  const crc = bytes.toString('latin1', end, end + CRC_BYTES);
  if (!/^[0-9A-Fa-f]{4}$/.test(crc)) return 'length';
  if (mode === 'strict' && crc !== crc.toUpperCase()) return 'syntax';
  const segment = bytes.subarray(HEAD_BYTES, end);
  if (crcOf(segment) !== Number.parseInt(crc, 16)) return 'crc';
  return parseSegment(segment.toString(), mode) ?? 'syntax';
}

/** A data segment taken apart; undefined if it is not of the standard's grammar. */
function parseSegment(text: string, mode: Mode): Frame | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may stand in a data segment.
  if (/[\x00-\x1f\x7f]/.test(text) || (mode === 'strict' && text.includes('\ufffd'))) return undefined;
  const start = text.indexOf('CP=&&');
  const whole = mode === 'lenient' ? text.trimEnd() : text;
  if (start < 0 || !whole.endsWith('&&') || whole.length < start + 7) return undefined;
  const header = parseHeader(text.slice(0, start), mode);
  const cp = parseItems(whole.slice(start + 5, -2), mode);
  if (header === undefined || cp === undefined) return undefined;
  const frame: Frame = { ...header, cp };
  return mode === 'lenient' || isByTheLetter(frame) ? frame : undefined;
}

function parseHeader(text: string, mode: Mode): Omit<Frame, 'cp'> | undefined {
  const pairs = splitOn(text, ';', mode);
  // The last field's `;` leaves an empty piece.
  if (mode === 'strict' && pairs.pop() !== '') return undefined;
  const found = new Map<string, string>();
  let last = -1;
  for (const pair of pairs) {
    const [, name = '', value = ''] = /^([A-Za-z]+)=([^=&,]*)$/.exec(pair) ?? [];
    const place = HEADER.indexOf(name);
    if (name === '' || found.has(name) || (mode === 'strict' && place <= last)) return undefined;
    last = place;
    found.set(name, value);
  }
  const [qn, st, cn, pw = '', mn, flag, of, number] = HEADER.map((name) => found.get(name));
  if (st === undefined || cn === undefined || mn === undefined) return;
  if (!/^[0-9A-Z]{2}$/.test(st) || !/^\d{4}$/.test(cn) || !/^[\x21-\x7e]{0,64}$/.test(mn) || pw.length > 32) return;
  if (qn !== undefined && !/^\d{14,20}$/.test(qn)) return;
  if (flag !== undefined && (!/^\d{1,3}$/.test(flag) || Number(flag) > 255)) return;
  // Some send PNUM and PNO always, as 0 or empty where the Flag says that there are none.
  const isWhole = mode === 'lenient' && flag !== undefined && (Number(flag) & 2) === 0;
  const packet = parsePacket(number, of);
  if (packet === undefined && (number !== undefined || of !== undefined) && !isWhole) return;
  return {
    ...(qn === undefined ? {} : { qn }),
    st,
    cn,
    pw,
    mn,
    ...(flag === undefined ? {} : { flag: Number(flag) }),
    ...(packet && { packet }),
  };
}

/** Which of how many; undefined for what is none. */
function parsePacket(number = '', of = ''): Frame['packet'] {
  if (!/^\d{1,4}$/.test(number) || !/^\d{1,4}$/.test(of)) return undefined;
  const packet = { number: Number(number), of: Number(of) };
  return packet.number < 1 || packet.number > packet.of ? undefined : packet;
}

function parseItems(text: string, mode: Mode): (readonly Field[])[] | undefined {
  if (text === '') return [];
  const items: (readonly Field[])[] = [];
  for (const item of splitOn(text, ';', mode)) {
    const fields: Field[] = [];
    for (const field of splitOn(item, ',', mode)) {
      const [, name, value = ''] = /^(\w+(?:-\w+)*)=([^=&]*)$/.exec(field) ?? [];
      if (name === undefined || name.length > 40) return undefined;
      fields.push([name, value]);
    }
    items.push(fields);
  }
  return items;
}

function splitOn(text: string, separator: string, mode: Mode): string[] {
  const pieces = text.split(separator);
  return mode === 'strict' ? pieces : pieces.map((piece) => piece.trim()).filter((piece) => piece !== '');
}

/** Widths of table 4 of the 2017 edition; MN has 14 characters in that of 2005, and QN and Flag may be missing there. */
function isByTheLetter(frame: Frame): boolean {
  const is2005 = editionOf(frame) === 2005;
  if (frame.qn === undefined ? !is2005 : frame.qn.length !== 17) return false;
  if (((frame.flag ?? 0) & 2) === 0 ? frame.packet !== undefined : frame.packet === undefined) return false;
  return frame.pw.length === 6 && (is2005 ? /^[0-9A-Z]{14}$/ : /^[0-9A-F]{24}$/).test(frame.mn);
}
