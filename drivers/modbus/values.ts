import { type Qualified, qualify } from '../point.ts';
import { READING_CODES } from '../reading.ts';
import { decodeBit, decodeRegisters, scaleValue } from './decode.ts';
import { isBitTable, type Reply } from './pdu.ts';
import type { Block } from './plan.ts';

/** A point without a value, and why. */
export const badValue = (code: string): Qualified => ({ value: null, quality: 'bad', code });

/** The code of readings that an exception stands for. */
export const exceptionCode = (code: number): string => `${READING_CODES.exception}-${code}`;

/** Appends what a reply says of each point of its block, in order. */
export function readValues({ request, points }: Block, reply: Reply, values: Qualified[]): void {
  for (const point of points) {
    if (reply.kind === 'exception') {
      values.push(badValue(exceptionCode(reply.code)));
      continue;
    }
    const { register } = point.source;
    const at = register.address - request.address;
    if (isBitTable(register.table)) {
      values.push(qualify(point, decodeBit(reply.data, at)));
      continue;
    }
    const raw = decodeRegisters(reply.data, at * 2, register);
    const scaled = register.type === 'bit' ? raw : scaleValue(raw, register.scale, register.offset);
    values.push(qualify(point, raw, scaled));
  }
}
