import { bootedAt } from '../physics/persona.ts';
import { isWithin, type SimDevice } from '../scenario.ts';
import type { SimTime } from '../sim-time.ts';
import { type DeviceCells, openCells } from './cells.ts';
import { answer, EXCEPTION, exception, isWrite, writtenBack } from './pdu.ts';

/** What a unit does about one request, before it is framed. */
export type Reply =
  | { readonly kind: 'none' }
  | { readonly kind: 'pdu'; readonly unit: number; readonly pdu: Buffer; readonly afterMs: number }
  /** Framed, then spoilt: a wrong checksum, or over TCP a byte count that disagrees with the length. */
  | { readonly kind: 'corrupt'; readonly unit: number; readonly pdu: Buffer }
  /** Only the first half of the frame. */
  | { readonly kind: 'cut-off'; readonly unit: number; readonly pdu: Buffer }
  /** The request as it was heard, and then the answer. */
  | { readonly kind: 'echo'; readonly unit: number; readonly request: Buffer; readonly pdu: Buffer }
  /** The request as it was heard, and nothing else. */
  | { readonly kind: 'echo-only'; readonly unit: number; readonly request: Buffer }
  /** The answer twice. */
  | { readonly kind: 'repeat'; readonly unit: number; readonly pdu: Buffer }
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
  const cells = openCells(device, start, time);
  const watchdog = openWatchdog(device, cells, time);
  return {
    unit,
    reply(request) {
      if (isWithin(device.absent, time.now())) return { kind: 'none' };
      watchdog.heard();
      switch (device.persona) {
        case 'works':
        case 'stuck':
        case 'drifting':
          return { kind: 'pdu', unit, pdu: answer(request, cells), afterMs: 0 };
        case 'refuses-writes': {
          const code = request[0] ?? 0;
          const pdu = isWrite(code) ? exception(code, EXCEPTION.failure) : answer(request, cells);
          return { kind: 'pdu', unit, pdu, afterMs: 0 };
        }
        case 'ignores-writes':
          return { kind: 'pdu', unit, pdu: writtenBack(request) ?? answer(request, cells), afterMs: 0 };
        case 'silent':
          return { kind: 'none' };
        case 'reboot':
          if (bootedAt(device, start, time.now()) === null) return { kind: 'none' };
          return { kind: 'pdu', unit, pdu: answer(request, cells), afterMs: 0 };
        case 'echo':
          return { kind: 'echo', unit, request, pdu: answer(request, cells) };
        case 'busy':
          return { kind: 'pdu', unit, pdu: exception(request[0] ?? 0, EXCEPTION.busy), afterMs: 0 };
        case 'slow':
          return { kind: 'pdu', unit, pdu: answer(request, cells), afterMs: device.delayMs };
        case 'cut-off':
          return { kind: 'cut-off', unit, pdu: answer(request, cells) };
        case 'corrupt':
          return { kind: 'corrupt', unit, pdu: answer(request, cells) };
        case 'wrong-unit':
          return { kind: 'pdu', unit: (unit % 247) + 1, pdu: answer(request, cells), afterMs: 0 };
        case 'exception':
          return { kind: 'pdu', unit, pdu: exception(request[0] ?? 0, EXCEPTION.failure), afterMs: 0 };
        case 'nonsense':
          return { kind: 'nonsense', bytes: NONSENSE };
        case 'repeat':
          return { kind: 'repeat', unit, pdu: answer(request, cells) };
        default:
          return device.persona satisfies never;
      }
    },
  };
}

/** Forgets what was written when it has heard nothing for as long as its own register says. */
function openWatchdog(device: SimDevice, cells: DeviceCells, time: SimTime): { heard(): void } {
  const { watchdog } = device;
  let last = time.now();
  return {
    heard() {
      const now = time.now();
      const seconds = watchdog === null ? 0 : (cells.read('holding', watchdog) ?? 0);
      if (seconds > 0 && now - last > seconds * 1000) cells.forget();
      last = now;
    },
  };
}
