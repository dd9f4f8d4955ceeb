import type { Table } from '../scenario.ts';
import type { Cells } from './cells.ts';

const READS: Readonly<Record<number, { readonly table: Table; readonly bits: boolean; readonly most: number }>> = {
  1: { table: 'coil', bits: true, most: 2000 },
  2: { table: 'discrete', bits: true, most: 2000 },
  3: { table: 'holding', bits: false, most: 125 },
  4: { table: 'input', bits: false, most: 125 },
};

const WRITES: Readonly<Record<number, { readonly table: Table; readonly most: number }>> = {
  5: { table: 'coil', most: 1 },
  6: { table: 'holding', most: 1 },
  15: { table: 'coil', most: 1968 },
  16: { table: 'holding', most: 123 },
};

/** Exception codes, Modbus Application Protocol V1.1b3 section 7. */
export const EXCEPTION = { function: 1, address: 2, value: 3, failure: 4, busy: 6 } as const;

export const exception = (functionCode: number, code: number): Buffer => Buffer.from([functionCode | 0x80, code]);

export const isWrite = (code: number): boolean => WRITES[code] !== undefined;

/** What confirms a write, whether or not it was carried out; null for what is none. */
export const writtenBack = (request: Buffer): Buffer | null =>
  isWrite(request[0] ?? 0) ? Buffer.from(request.subarray(0, 5)) : null;

/** The answer to a request; what is neither a read nor a write of known cells is answered by an exception. */
export function answer(request: Buffer, cells: Cells): Buffer {
  const code = request[0] ?? 0;
  if (WRITES[code] !== undefined) return answerWrite(request, cells, WRITES[code]);
  const kind = READS[code];
  if (kind === undefined) return exception(code, EXCEPTION.function);
  if (request.length !== 5) return exception(code, EXCEPTION.value);
  const first = request.readUInt16BE(1);
  const count = request.readUInt16BE(3);
  if (count < 1 || count > kind.most) return exception(code, EXCEPTION.value);
  const found: number[] = [];
  for (let address = first; address < first + count; address++) {
    const cell = cells.read(kind.table, address);
    if (cell === undefined) return exception(code, EXCEPTION.address);
    found.push(cell);
  }
  const data = kind.bits ? packBits(found) : packWords(found);
  return Buffer.concat([Buffer.from([code, data.length]), data]);
}

/** All of it is written or nothing; the answer repeats where, and what or how many (6.5, 6.6, 6.11, 6.12). */
function answerWrite(
  request: Buffer,
  cells: Cells,
  { table, most }: { readonly table: Table; readonly most: number },
): Buffer {
  const code = request[0] ?? 0;
  const values = writtenValues(request, code);
  if (values === null || values.length < 1 || values.length > most) return exception(code, EXCEPTION.value);
  const first = request.readUInt16BE(1);
  if (values.some((_, index) => cells.read(table, first + index) === undefined))
    return exception(code, EXCEPTION.address);
  const isDone = values.every((value, index) => cells.write(table, first + index, value));
  return isDone ? Buffer.from(request.subarray(0, 5)) : exception(code, EXCEPTION.failure);
}

/** Null for a request that is not well made. */
function writtenValues(request: Buffer, code: number): readonly number[] | null {
  if (code === 5 || code === 6) {
    if (request.length !== 5) return null;
    const value = request.readUInt16BE(3);
    if (code === 6) return [value];
    return value === 0xff00 || value === 0 ? [value === 0 ? 0 : 1] : null;
  }
  if (request.length < 6) return null;
  const count = request.readUInt16BE(3);
  const data = request.subarray(6);
  const bytes = code === 16 ? count * 2 : Math.ceil(count / 8);
  if (request[5] !== bytes || data.length !== bytes) return null;
  return Array.from({ length: count }, (_, index) =>
    code === 16 ? data.readUInt16BE(index * 2) : ((data[index >> 3] ?? 0) >> (index & 7)) & 1,
  );
}

function packBits(cells: readonly number[]): Buffer {
  const data = Buffer.alloc(Math.ceil(cells.length / 8));
  cells.forEach((cell, index) => {
    if (cell !== 0) data[index >> 3] = (data[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return data;
}

function packWords(cells: readonly number[]): Buffer {
  const data = Buffer.alloc(cells.length * 2);
  cells.forEach((cell, index) => {
    data.writeUInt16BE(cell & 0xffff, index * 2);
  });
  return data;
}
