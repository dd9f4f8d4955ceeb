/** The four tables of Modbus (Application Protocol V1.1b3, 4.3) by the names that a profile uses. */
export const TABLES = ['holding', 'input', 'coil', 'discrete'] as const;
export type Table = (typeof TABLES)[number];

const FUNCTIONS: Readonly<Record<Table, number>> = { coil: 1, discrete: 2, holding: 3, input: 4 };

export const isBitTable = (table: Table): boolean => table === 'coil' || table === 'discrete';

/** The most that one request may ask for (6.1 to 6.4). */
export const mostOf = (table: Table): number => (isBitTable(table) ? 2000 : 125);

/** One question to one unit, or one order. */
export interface Request {
  readonly unit: number;
  /** 1 to 4, or of an order 5, 6, 15, 16. */
  readonly code: number;
  readonly address: number;
  /** Registers, or bits. */
  readonly count: number;
  /** Data bytes of the right reply; of a write's reply, what it has beyond function code and one byte. */
  readonly dataBytes: number;
  /** The whole PDU of a write. */
  readonly order?: Buffer;
}

/** Length of a read's PDU, and of the reply to a write, bytes. */
const REQUEST_BYTES = 5;

export function makeRequest(unit: number, table: Table, address: number, count: number): Request {
  const dataBytes = isBitTable(table) ? Math.ceil(count / 8) : count * 2;
  return { unit, code: FUNCTIONS[table], address, count, dataBytes };
}

/** The functions that write: one coil, one register, coils, registers (6.5, 6.6, 6.11, 6.12). */
export const WRITE_CODES = [5, 6, 15, 16] as const;
export type WriteCode = (typeof WRITE_CODES)[number];

/** `words` are the registers, or for coils one word each, 0 or 1. */
export function makeWrite(unit: number, code: WriteCode, address: number, words: readonly number[]): Request {
  return {
    unit,
    code,
    address,
    count: words.length,
    dataBytes: REQUEST_BYTES - 2,
    order: encodeWrite(code, address, words),
  };
}

function encodeWrite(code: WriteCode, address: number, words: readonly number[]): Buffer {
  const [first = 0] = words;
  if (code === 5 || code === 6) return writeHead(5, code, address, code === 6 ? first : first === 0 ? 0 : 0xff00);
  const bytes = code === 16 ? words.length * 2 : Math.ceil(words.length / 8);
  const pdu = writeHead(6 + bytes, code, address, words.length);
  pdu.writeUInt8(bytes, 5);
  words.forEach((word, index) => {
    if (code === 16) pdu.writeUInt16BE(word, 6 + index * 2);
    else if (word !== 0) pdu.writeUInt8(pdu.readUInt8(6 + (index >>> 3)) | (1 << (index & 7)), 6 + (index >>> 3));
  });
  return pdu;
}

function writeHead(length: number, code: number, address: number, second: number): Buffer {
  const pdu = Buffer.alloc(length);
  pdu.writeUInt8(code, 0);
  pdu.writeUInt16BE(address, 1);
  pdu.writeUInt16BE(second, 3);
  return pdu;
}

/** Length of a request's PDU, bytes. */
export const requestBytes = ({ order }: Request): number => order?.length ?? REQUEST_BYTES;

/** Writes the request's PDU into `bytes` from `at`. */
export function encodeRequest(request: Request, bytes: Buffer, at: number): void {
  if (request.order !== undefined) {
    request.order.copy(bytes, at);
    return;
  }
  bytes.writeUInt8(request.code, at);
  bytes.writeUInt16BE(request.address, at + 1);
  bytes.writeUInt16BE(request.count, at + 3);
}

/**
 * What a whole, unspoilt reply PDU is to a request. Only `data` and `exception` answer it;
 * `foreign` is of another unit or function, `short` and `overlong` hold another amount than was asked for.
 */
export type Verdict = 'data' | 'exception' | 'foreign' | 'short' | 'overlong';

export function judgeReply(request: Request, unit: number, pdu: Uint8Array): Verdict {
  const code = pdu[0];
  if (unit !== request.unit) return 'foreign';
  if (code === (request.code | 0x80)) return sized(pdu.length, 2, 'exception');
  if (code !== request.code) return 'foreign';
  if (pdu.length < 2) return 'short';
  const size = sized(pdu.length, 2 + request.dataBytes, 'data');
  if (request.order !== undefined) return size === 'data' && !repeats(request.order, pdu) ? 'foreign' : size;
  return size === 'data' ? sized(pdu[1] ?? 0, request.dataBytes, 'data') : size;
}

/** The reply to a write repeats where it wrote and, of several, how many; what it kept, only reading it back tells. */
const repeats = (order: Uint8Array, pdu: Uint8Array): boolean =>
  order[1] === pdu[1] && order[2] === pdu[2] && (order.length === pdu.length || order[4] === pdu[4]);

const sized = (have: number, want: number, right: Verdict): Verdict =>
  have === want ? right : have < want ? 'short' : 'overlong';

/** What a right reply says: its data as a view, not a copy, or the code of the exception (section 7). */
export type Reply =
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'exception'; readonly code: number };

export const answerOf = (verdict: 'data' | 'exception', pdu: Uint8Array): Reply =>
  verdict === 'data' ? { kind: 'data', data: pdu.subarray(2) } : { kind: 'exception', code: pdu[1] ?? 0 };
