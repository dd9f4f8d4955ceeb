import { asMeasured, type Qualified, qualify } from '../point.ts';
import { READING_CODES } from '../reading.ts';
import { decodeBit, decodeRegisters, isExact, scaleValue } from './decode.ts';
import type { OwnScale } from './own-scale.ts';
import { isBitTable } from './pdu.ts';
import type { ModbusPoint } from './plan.ts';

/** Exceptions by number (Application Protocol V1.1b3, section 7). */
export const EXCEPTION = { address: 2, value: 3, accepted: 5, busy: 6, noPath: 10, noTarget: 11 } as const;

/** The unit lives and has no time now: it is asked again soon. */
export const isBusy = (code: number): boolean => code === EXCEPTION.busy || code === EXCEPTION.accepted;

/** The unit has not all that was asked for: parts of it may be there. */
export const isRefused = (code: number): boolean => code === EXCEPTION.address || code === EXCEPTION.value;

/** The gateway in between did not reach the unit: as good as no answer. */
export const isUnreached = (code: number): boolean => code === EXCEPTION.noPath || code === EXCEPTION.noTarget;

/** A point without a value, and why. */
export const badValue = (code: string): Qualified => ({ value: null, quality: 'bad', code });

/** The code of readings that an exception stands for. */
export const exceptionCode = (code: number): string => (isBusy(code) ? 'busy' : `${READING_CODES.exception}-${code}`);

/** What stands at `offset`, in registers or bits, of a reply's data. */
export function readValue(point: ModbusPoint, data: Uint8Array, offset: number, own?: OwnScale): Qualified {
  const { register } = point.source;
  if (isBitTable(register.table)) return qualify(point, decodeBit(data, offset));
  const raw = decodeRegisters(data, offset * 2, register);
  if (register.type === 'bit') return qualify(point, raw);
  const scale = own?.of(point);
  if (typeof scale === 'string') return badValue(scale);
  const scaled =
    scale === undefined
      ? scaleValue(raw, register.scale, register.offset)
      : asMeasured(scaleValue(raw, register.scale * scale.scale, register.offset) * scale.factor + scale.offset);
  const judged = qualify(point, raw, scaled);
  if (judged.quality !== 'good' || isExact(register.type, raw)) return judged;
  return { value: judged.value, quality: 'bad', code: READING_CODES.outOfRange };
}
