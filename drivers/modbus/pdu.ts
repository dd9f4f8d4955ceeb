/** The four tables of Modbus (Application Protocol V1.1b3, 4.3) by the names that a profile uses. */
export const TABLES = ['holding', 'input', 'coil', 'discrete'] as const;
export type Table = (typeof TABLES)[number];

const FUNCTIONS: Readonly<Record<Table, number>> = { coil: 1, discrete: 2, holding: 3, input: 4 };

export const isBitTable = (table: Table): boolean => table === 'coil' || table === 'discrete';

/** The most that one request may ask for (6.1 to 6.4). */
export const mostOf = (table: Table): number => (isBitTable(table) ? 2000 : 125);

/** One question to one unit. */
export interface Request {
  readonly unit: number;
  /** 1 to 4. */
  readonly code: number;
  readonly address: number;
  /** Registers, or bits. */
  readonly count: number;
  /** Data bytes of the right reply. */
  readonly dataBytes: number;
}

/** Length of a request's PDU, bytes. */
export const REQUEST_BYTES = 5;

export function makeRequest(unit: number, table: Table, address: number, count: number): Request {
  const dataBytes = isBitTable(table) ? Math.ceil(count / 8) : count * 2;
  return { unit, code: FUNCTIONS[table], address, count, dataBytes };
}

/** Writes the request's PDU into `bytes` from `at`. */
export function encodeRequest(request: Request, bytes: Buffer, at: number): void {
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
  const [code, second = 0] = pdu;
  if (unit !== request.unit) return 'foreign';
  if (code === (request.code | 0x80)) return sized(pdu.length, 2, 'exception');
  if (code !== request.code) return 'foreign';
  if (pdu.length < 2) return 'short';
  const size = sized(pdu.length, 2 + request.dataBytes, 'data');
  return size === 'data' ? sized(second, request.dataBytes, 'data') : size;
}

const sized = (have: number, want: number, right: Verdict): Verdict =>
  have === want ? right : have < want ? 'short' : 'overlong';

/** What a right reply says: its data as a view, not a copy, or the code of the exception (section 7). */
export type Reply =
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'exception'; readonly code: number };

export const answerOf = (verdict: 'data' | 'exception', pdu: Uint8Array): Reply =>
  verdict === 'data' ? { kind: 'data', data: pdu.subarray(2) } : { kind: 'exception', code: pdu[1] ?? 0 };
