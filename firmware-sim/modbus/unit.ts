import { measuredAt } from '../physics/value.ts';
import { isWithin, type SimDevice } from '../scenario.ts';
import type { SimTime } from '../sim-time.ts';
import { answer, EXCEPTION, exception, type ReadCell } from './pdu.ts';

/** What a unit does about one request, before it is framed. */
export type Reply =
  | { readonly kind: 'none' }
  | { readonly kind: 'pdu'; readonly unit: number; readonly pdu: Buffer; readonly afterMs: number }
  /** Framed, then spoilt: a wrong checksum, or over TCP a byte count that disagrees with the length. */
  | { readonly kind: 'corrupt'; readonly unit: number; readonly pdu: Buffer }
  /** Only the first half of the frame. */
  | { readonly kind: 'cut-off'; readonly unit: number; readonly pdu: Buffer }
  /** Bytes that are no frame. */
  | { readonly kind: 'nonsense'; readonly bytes: Buffer };

/** One device on a bus or behind a TCP port. */
export interface Unit {
  readonly unit: number;
  reply(request: Buffer): Reply;
}

const NONSENSE = Buffer.from('5aa5deadbeef00ff102030405060708090', 'hex');

/** A scenario's device as a Modbus unit, with its vice. Throws when it has no unit id or a point no register. */
export function openUnit(device: SimDevice, start: number, time: SimTime): Unit {
  const { unit } = device;
  if (unit === null) throw new Error(`${device.id}: unit is missing`);
  const read = cellsOf(device, start, time);
  return {
    unit,
    reply(request) {
      if (isWithin(device.absent, time.now())) return { kind: 'none' };
      switch (device.persona) {
        case 'works':
          return { kind: 'pdu', unit, pdu: answer(request, read), afterMs: 0 };
        case 'silent':
          return { kind: 'none' };
        case 'slow':
          return { kind: 'pdu', unit, pdu: answer(request, read), afterMs: device.delayMs };
        case 'cut-off':
          return { kind: 'cut-off', unit, pdu: answer(request, read) };
        case 'corrupt':
          return { kind: 'corrupt', unit, pdu: answer(request, read) };
        case 'wrong-unit':
          return { kind: 'pdu', unit: (unit % 247) + 1, pdu: answer(request, read), afterMs: 0 };
        case 'exception':
          return { kind: 'pdu', unit, pdu: exception(request[0] ?? 0, EXCEPTION.failure), afterMs: 0 };
        case 'nonsense':
          return { kind: 'nonsense', bytes: NONSENSE };
        default:
          return device.persona satisfies never;
      }
    },
  };
}

function cellsOf(device: SimDevice, start: number, time: SimTime): ReadCell {
  const points = device.points.map((point) => {
    if (point.register === null) throw new Error(`${device.id}/${point.id}: register is missing`);
    return { point, register: point.register };
  });
  return (table, address) => {
    const found = points.find(({ register }) => register.table === table && register.address === address);
    if (found === undefined) return undefined;
    const value = measuredAt(device, found.point, start, time.now());
    if (typeof value === 'string') return found.register.states[value];
    return Math.round(value / found.register.scale);
  };
}
