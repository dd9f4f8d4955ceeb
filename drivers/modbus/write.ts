import type { Written } from '../driver.ts';
import { type Qualified, qualify } from '../point.ts';
import { READING_CODES } from '../reading.ts';
import { decodeBit, decodeRegisters } from './decode.ts';
import { encodeRegisters, roundTo } from './encode.ts';
import type { Answer } from './line.ts';
import type { OwnScale } from './own-scale.ts';
import { isBitTable, makeRequest, makeWrite, type Request } from './pdu.ts';
import type { ModbusPoint } from './plan.ts';
import type { Register, Write } from './register.ts';
import { EXCEPTION, exceptionCode, isBusy, isUnreached, readValue } from './values.ts';
import { widthOf } from './width.ts';

/** Codes of writes, beside those of readings. */
export const WRITE_CODES = {
  notWritable: 'not-writable',
  differs: 'read-back-differs',
  queueFull: 'queue-full',
  aborted: 'aborted',
  notReadBack: 'not-read-back',
} as const;

/** One value on its way to its device. */
export interface WritePlan {
  readonly point: ModbusPoint;
  readonly write: Write;
  /** As it will stand in the device. */
  readonly raw: number;
  /** The value that this raw one is. */
  readonly value: number | string;
  readonly order: Request;
  readonly look: Request;
}

/** What to send for a value of a point, in its quantity's unit or a state's name; a code where that cannot be. */
export function planWrite(
  unit: number,
  point: ModbusPoint,
  value: number | string,
  own?: OwnScale,
): WritePlan | string {
  const { register } = point.source;
  const { write } = register;
  if (write === undefined) return WRITE_CODES.notWritable;
  const raw = rawOf(point, value, own);
  if (typeof raw === 'string') return raw;
  const words = register.type === 'bit' ? [raw] : encodeRegisters(raw, register);
  const { value: kept } = judge(point, raw, own);
  return {
    point,
    write,
    raw,
    value: kept ?? value,
    order: makeWrite(unit, write.code, write.address ?? register.address, words),
    look: makeRequest(unit, register.table, register.address, widthOf(register)),
  };
}

function rawOf(point: ModbusPoint, value: number | string, own: OwnScale | undefined): number | string {
  const { register } = point.source;
  if (point.states !== undefined) {
    const raw = Object.entries(point.states).find(([, name]) => name === value)?.[0];
    return raw === undefined
      ? READING_CODES.unknownState
      : (roundTo(register.type, Number(raw)) ?? READING_CODES.outOfRange);
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return READING_CODES.notANumber;
  const { factor, offset } = point.convert;
  const wanted = (value - offset) / factor;
  if (point.range !== undefined && (wanted < point.range[0] || wanted > point.range[1]))
    return READING_CODES.outOfRange;
  const scale = own?.of(point);
  if (typeof scale === 'string') return scale;
  const scaled = scale === undefined ? wanted : (wanted - scale.offset) / scale.factor;
  const raw = register.type === 'bit' ? scaled : (scaled - register.offset) / (register.scale * (scale?.scale ?? 1));
  return roundTo(register.type, raw) ?? READING_CODES.outOfRange;
}

const judge = (point: ModbusPoint, raw: number, own: OwnScale | undefined): Qualified =>
  point.source.register.type === 'bit'
    ? qualify(point, raw)
    : readValue(point, Uint8Array.from(encodeRegisters(raw, point.source.register).flatMap(bytesOf)), 0, own);

const bytesOf = (word: number): number[] => [word >>> 8, word & 0xff];

/** Where a write stands: what is asked next, after a pause, and how often it was in vain. */
export interface WriteState {
  readonly ask: 'order' | 'look';
  readonly waitMs: number;
  readonly unanswered: number;
  readonly busy: number;
  readonly looks: number;
  /** Nobody confirmed the order: only what is read back tells whether it was carried out. */
  readonly isUnsure: boolean;
}

export const WRITE_BEGINS: WriteState = {
  ask: 'order',
  waitMs: 0,
  unanswered: 0,
  busy: 0,
  looks: 0,
  isUnsure: false,
};

/** How often each of a write's requests is repeated when it is not answered. */
const REPEATS = 1;
/** A unit that is busy, or has not done yet what it accepted, is asked again after a pause, so often. */
const PATIENCE = 3;
const PAUSE_MS = 250;

/** The end of a write, and what was read of the point by the way. */
export interface WriteEnd {
  readonly end: Written;
  readonly read?: Qualified;
}

/**
 * A write, answer by answer. Setting a register to a value is idempotent: an order whose fate is unknown, since it was
 * not answered, is repeated once, unless the profile says `once`; then what is read back tells its fate. A unit that
 * says it is busy has not carried it out, so it is always asked again.
 */
export function stepWrite(plan: WritePlan, state: WriteState, answer: Answer, own?: OwnScale): WriteState | WriteEnd {
  if (answer.kind === 'closed') return failed(READING_CODES.linkDown);
  return state.ask === 'order' ? stepOrder(plan, state, answer) : stepLook(plan, state, answer, own);
}

const failed = (code: string, read?: Qualified): WriteEnd => {
  const readBack = read?.value ?? undefined;
  const end: Written = readBack === undefined ? { done: false, code } : { done: false, code, readBack };
  return read === undefined ? { end } : { end, read };
};

const again = (state: WriteState, change: Partial<WriteState>): WriteState => ({ ...state, waitMs: 0, ...change });

function stepOrder(plan: WritePlan, state: WriteState, answer: Answer): WriteState | WriteEnd {
  const look = (waitMs: number, isUnsure = false): WriteState | WriteEnd =>
    plan.write.readBack ? { ...WRITE_BEGINS, ask: 'look', waitMs, isUnsure } : confirmed(plan);
  switch (answer.kind) {
    case 'data':
      return look(0);
    case 'exception':
      if (answer.code === EXCEPTION.accepted) return look(PAUSE_MS);
      if (answer.code === EXCEPTION.busy && state.busy < PATIENCE) {
        return again(state, { busy: state.busy + 1, waitMs: PAUSE_MS });
      }
      return failed(exceptionCode(answer.code));
    default:
      if (!plan.write.once && state.unanswered < REPEATS) return again(state, { unanswered: state.unanswered + 1 });
      return plan.write.once && plan.write.readBack ? look(0, true) : failed(codeOf(answer));
  }
}

/** The device's own confirmation is all there is. */
const confirmed = ({ value }: WritePlan): WriteEnd => ({
  end: { done: true, readBack: value },
  read: { value, quality: 'uncertain', code: WRITE_CODES.notReadBack },
});

function stepLook(plan: WritePlan, state: WriteState, answer: Answer, own?: OwnScale): WriteState | WriteEnd {
  switch (answer.kind) {
    case 'data': {
      const read = readValue(plan.point, answer.data, 0, own);
      if (isThere(plan, answer.data)) return { end: { done: true, readBack: read.value ?? plan.value }, read };
      if (state.looks < PATIENCE - 1) return again(state, { looks: state.looks + 1, waitMs: PAUSE_MS });
      return failed(state.isUnsure ? READING_CODES.noAnswer : WRITE_CODES.differs, read);
    }
    case 'exception':
      if (isBusy(answer.code) && state.busy < PATIENCE) return again(state, { busy: state.busy + 1, waitMs: PAUSE_MS });
      return failed(isUnreached(answer.code) ? READING_CODES.noAnswer : exceptionCode(answer.code));
    default:
      if (state.unanswered < REPEATS) return again(state, { unanswered: state.unanswered + 1 });
      return failed(codeOf(answer));
  }
}

const isThere = ({ point, raw }: WritePlan, data: Uint8Array): boolean => {
  const { register } = point.source;
  return (isBitTable(register.table) ? decodeBit(data, 0) : decodeRegisters(data, 0, register as Register)) === raw;
};

/** Code of readings whose answer came spoilt. */
export const CORRUPT = 'corrupt';

const codeOf = ({ kind }: Answer): string => (kind === 'spoilt' ? CORRUPT : READING_CODES.noAnswer);
