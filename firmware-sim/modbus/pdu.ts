import type { Table } from '../scenario.ts';

/** What stands at an address of a table; undefined where the device has nothing. */
export type ReadCell = (table: Table, address: number) => number | undefined;

const READS: Readonly<Record<number, { readonly table: Table; readonly bits: boolean; readonly most: number }>> = {
  1: { table: 'coil', bits: true, most: 2000 },
  2: { table: 'discrete', bits: true, most: 2000 },
  3: { table: 'holding', bits: false, most: 125 },
  4: { table: 'input', bits: false, most: 125 },
};

/** Exception codes, Modbus Application Protocol V1.1b3 section 7. */
export const EXCEPTION = { function: 1, address: 2, value: 3, failure: 4 } as const;

export const exception = (functionCode: number, code: number): Buffer => Buffer.from([functionCode | 0x80, code]);

/** The answer to a request; what is not a read of known cells is answered by an exception. */
export function answer(request: Buffer, read: ReadCell): Buffer {
  const code = request[0] ?? 0;
  const kind = READS[code];
  if (kind === undefined) return exception(code, EXCEPTION.function);
  if (request.length !== 5) return exception(code, EXCEPTION.value);
  const first = request.readUInt16BE(1);
  const count = request.readUInt16BE(3);
  if (count < 1 || count > kind.most) return exception(code, EXCEPTION.value);
  const cells: number[] = [];
  for (let address = first; address < first + count; address++) {
    const cell = read(kind.table, address);
    if (cell === undefined) return exception(code, EXCEPTION.address);
    cells.push(cell);
  }
  const data = kind.bits ? packBits(cells) : packWords(cells);
  return Buffer.concat([Buffer.from([code, data.length]), data]);
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
