import { once } from 'node:events';
import { SerialPort } from 'serialport';
import type { OpenLink } from '../../../drivers/driver.ts';
import { modbus } from '../../../drivers/modbus/kind.ts';
import { openTtyReader } from '../../../firmware-sim/modbus/tty-settings.ts';
import { serveTuned, type TunedCounters, type TunedUnit } from '../../../firmware-sim/modbus/tuned-bus.ts';
import type { Reply } from '../../../firmware-sim/modbus/unit.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { openPtyPair } from '../../tools/pty.ts';

export interface TunedLine extends AsyncDisposable {
  readonly tty: string;
  readonly counters: TunedCounters;
  /** The gateway's link on it, by its real driver. */
  open(options?: object, devices?: readonly unknown[]): Promise<OpenLink>;
}

/** A pty with simulated units of their own settings at its other end. */
export async function openTunedLine(units: readonly TunedUnit[]): Promise<TunedLine> {
  await using stack = new AsyncDisposableStack();
  const pair = stack.use(await openPtyPair());
  const reader = stack.use(await openTtyReader(pair.ours));
  await reader.read();
  const port = new SerialPort({ path: pair.theirs, baudRate: 115_200, autoOpen: false });
  port.open();
  await once(port, 'open');
  stack.defer(async () => {
    const closed = once(port, 'close');
    port.close();
    await closed;
  });
  const counters = serveTuned(port, units, () => reader.read());
  const clock = openClock();
  const moved = stack.move();
  return {
    tty: pair.ours,
    counters,
    async open(options = {}, devices = []) {
      const given = modbus.links['modbus-rtu'].parse({ port: pair.ours, baud: 9600, ...options });
      const link = { id: 'bus', kind: 'modbus-rtu', options: given, devices: devices as never };
      const open = await modbus.open(link, { clock, wire: clock, log: silentLog, dir: '' });
      moved.use(open);
      return open;
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

/** A unit whose registers each hold a value of their own, by address; others are refused. */
export function simpleUnit(unit: number, registers: Readonly<Record<number, number>> = { 0: 0x0247 }) {
  return {
    unit,
    reply(request: Buffer): Reply {
      const [code = 0] = request;
      const first = request.readUInt16BE(1);
      const words = Array.from({ length: request.readUInt16BE(3) }, (_, index) => registers[first + index]);
      const isThere = code === 3 && words.every((word) => word !== undefined);
      const data = Buffer.alloc(words.length * 2);
      words.forEach((word = 0, index) => void data.writeUInt16BE(word, index * 2));
      const pdu = isThere ? Buffer.concat([Buffer.of(code, data.length), data]) : Buffer.of(code | 0x80, 2);
      return { kind: 'pdu', unit, pdu, afterMs: 0 };
    },
  };
}
