import { type Listener, listen } from '../listen.ts';
import type { Scenario } from '../scenario.ts';
import type { SimTime } from '../sim-time.ts';
import { serveTcp } from './tcp.ts';
import { openUnit } from './unit.ts';

/** All units behind one TCP port (0: a free one). */
export function openTcpUnits(scenario: Scenario, link: string, time: SimTime, port: number): Promise<Listener> {
  const units = scenario.devices
    .filter((device) => device.link === link)
    .map((device) => openUnit(device, scenario.start, time));
  return listen(port, (socket) => serveTcp(socket, units));
}
