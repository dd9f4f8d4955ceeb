import { once } from 'node:events';
import { SerialPort } from 'serialport';
import { listen } from '../listen.ts';
import type { Scenario, SimLink } from '../scenario.ts';
import type { SimTime } from '../sim-time.ts';
import { hasSocat, openPtyPair } from './pty.ts';
import { type BusCounters, noCounts, serveRtu } from './rtu.ts';
import { openUnit } from './unit.ts';

type BusWhere =
  | { readonly kind: 'modbus-rtu'; readonly port: string; readonly baud: number }
  | { readonly kind: 'modbus-rtu-over-tcp'; readonly host: string; readonly port: number; readonly baud: number };

export interface Bus extends AsyncDisposable {
  readonly where: BusWhere;
  readonly counters: BusCounters;
}

/**
 * All units of one RTU bus. A path makes it a tty; a number, or a machine without socat, RTU over TCP on that port
 * (0: a free one).
 */
export async function openBus(
  scenario: Scenario,
  link: Extract<SimLink, { kind: 'modbus-rtu' }>,
  time: SimTime,
  where: string | number,
): Promise<Bus> {
  const units = scenario.devices
    .filter((device) => device.link === link.id)
    .map((device) => openUnit(device, scenario.start, time));
  const counters = noCounts();
  if (typeof where === 'number' || !hasSocat()) {
    const server = await listen(typeof where === 'number' ? where : 0, (socket) => serveRtu(socket, units, counters));
    return {
      where: { kind: 'modbus-rtu-over-tcp', host: '127.0.0.1', port: server.port, baud: link.baud },
      counters,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  }
  await using stack = new AsyncDisposableStack();
  const pair = stack.use(await openPtyPair(where));
  const line = new SerialPort({ path: pair.devices, baudRate: link.baud, autoOpen: false });
  line.open();
  await once(line, 'open');
  stack.defer(async () => {
    if (!line.isOpen) return;
    const closed = once(line, 'close');
    line.close();
    await closed;
  });
  serveRtu(line, units, counters);
  const open = stack.move();
  return {
    where: { kind: 'modbus-rtu', port: pair.master, baud: link.baud },
    counters,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
