import { parseScenario } from '../../../firmware-sim/load.ts';
import { openUnit } from '../../../firmware-sim/modbus/unit.ts';
import { type Ports, partsOf } from '../../../firmware-sim/parts.ts';
import { profilesIn } from '../../../firmware-sim/profiles.ts';
import type { Scenario } from '../../../firmware-sim/scenario.ts';
import { openSimTime } from '../../../firmware-sim/sim-time.ts';
import { openTunedLine } from '../../gateway/commissioning/tuned-line.ts';
import { type Model, PROFILES } from './models.ts';

/** Instruments that report each minute do so each second. */
const HASTE: Readonly<Record<string, number>> = { hj212: 60 };
const EAST_MS = 8 * 3_600_000;

const inShanghai = (at: number): string => new Date(at + EAST_MS).toISOString().replace('Z', '+08:00');

function scenarioOf(link: string, kind: string, models: readonly Model[], start: number): Scenario {
  const devices = models.map(({ profile, sim }) => ({ id: `s-${profile}`, profile, link, ...sim }));
  const [from, to] = [start, start + 86_400_000].map(inShanghai);
  const links = { [link]: { kind } };
  return parseScenario(
    JSON.stringify({ scenario: link, start: from, end: to, links, devices }),
    profilesIn([PROFILES]),
  );
}

/** Puts up buses, each a tty with its devices, which answer at the settings that they are delivered with. Gives tty by link. */
export async function openBuses(
  models: readonly Model[],
  stack: AsyncDisposableStack,
): Promise<ReadonlyMap<string, { readonly tty: string; readonly baud: number }>> {
  const start = Date.now();
  const buses = new Map<string, { readonly tty: string; readonly baud: number }>();
  for (const [link, own] of Map.groupBy(models, (model) => model.link)) {
    const { devices } = scenarioOf(link, 'modbus-rtu', own, start);
    const time = openSimTime(start, start, 1);
    const units = devices.map((device, n) => ({
      unit: openUnit(device, start, time),
      at: own[n]?.serial ?? { baud: 9600, parity: 'none' as const },
    }));
    const line = stack.use(await openTunedLine(units));
    buses.set(link, { tty: line.tty, baud: own[0]?.serial.baud ?? 9600 });
  }
  return buses;
}

/** Switches on the devices that speak by themselves, to those ports of the gateway. */
export function openSpeakers(models: readonly Model[], ports: Ports, stack: AsyncDisposableStack): void {
  const alive = new AbortController();
  const running: Promise<void>[] = [];
  for (const [way, own] of Map.groupBy(models, (model) => model.way)) {
    const start = Date.now();
    const scenario = scenarioOf(way, way, own, start);
    const part = partsOf(scenario).get(way);
    if (part === undefined) throw new Error(`nobody simulates ${way}`);
    const time = openSimTime(start, start, HASTE[way] ?? 1);
    const reached = { [way]: ports[way] ?? 0, broker: ports[way] ?? 0 };
    running.push(
      part({ scenario, time, ports: reached, cityFile: undefined, signal: alive.signal, onReady: () => {} }),
    );
  }
  stack.defer(async () => {
    alive.abort();
    await Promise.all(running);
  });
}
