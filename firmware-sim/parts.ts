import { openCity } from './city/city.ts';
import { aborted } from './lifetime.ts';
import { openBus } from './modbus/bus.ts';
import { openTcpUnits } from './modbus/tcp-units.ts';
import { runMqttDevices } from './mqtt-devices.ts';
import { runPeople } from './people.ts';
import type { Scenario } from './scenario.ts';
import type { SimTime } from './sim-time.ts';

/** Where things are or shall be: a link's tty path or port; `broker` and `console` are the gateway's. */
export type Ports = Readonly<Record<string, string | number>>;

/** What a part tells the one that started it once it can be reached: a link's, or the city's, own fields. */
export type Reach = Readonly<Record<string, Readonly<Record<string, string | number>>>>;

export interface PartContext {
  readonly scenario: Scenario;
  readonly time: SimTime;
  readonly ports: Ports;
  readonly cityFile: string | undefined;
  readonly signal: AbortSignal;
  /** Called once, when the part can be reached. */
  readonly onReady: (reach: Reach) => void;
}

/** One program: runs until the signal aborts. Rejects when the world does not let it start. */
export type Part = (context: PartContext) => Promise<void>;

/** The programs of a scenario, by name: one for each bus, one for all TCP ports, one for each MQTT link. */
export function partsOf(scenario: Scenario): ReadonlyMap<string, Part> {
  const parts = new Map<string, Part>();
  for (const link of scenario.links) {
    if (link.kind === 'modbus-rtu') parts.set(link.id, (context) => runBus(link, context));
    if (link.kind === 'mqtt') parts.set(link.id, (context) => runMqtt(link.id, context));
  }
  if (scenario.links.some(({ kind }) => kind === 'modbus-tcp')) parts.set('modbus-tcp', runTcp);
  if (scenario.cityCuts !== null) parts.set('city', runCity);
  parts.set('people', runDesk);
  return parts;
}

const portOf = (ports: Ports, name: string, otherwise: number): number => {
  const port = ports[name] ?? otherwise;
  if (typeof port !== 'number') throw new Error(`ports: ${name} must be a port number`);
  return port;
};

async function runBus(link: Parameters<typeof openBus>[1], context: PartContext): Promise<void> {
  const { scenario, time, ports, signal, onReady } = context;
  await using bus = await openBus(scenario, link, time, ports[link.id] ?? 0);
  onReady({ [link.id]: { ...bus.where } });
  await aborted(signal);
  const { requests, replies, collisions, strayBytes } = bus.counters;
  console.log(
    `${link.id}: ${requests} requests, ${replies} replies, ${collisions} collisions, ${strayBytes} stray bytes`,
  );
}

async function runTcp({ scenario, time, ports, signal, onReady }: PartContext): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const reach: Record<string, Record<string, string | number>> = {};
  for (const { id, kind } of scenario.links) {
    if (kind !== 'modbus-tcp') continue;
    const { port } = stack.use(await openTcpUnits(scenario, id, time, portOf(ports, id, 0)));
    reach[id] = { kind, host: '127.0.0.1', port };
  }
  onReady(reach);
  await aborted(signal);
}

async function runMqtt(id: string, { scenario, time, ports, signal, onReady }: PartContext): Promise<void> {
  const url = `mqtt://127.0.0.1:${portOf(ports, 'broker', 1883)}`;
  onReady({ [id]: { kind: 'mqtt', broker: url } });
  await runMqttDevices(scenario, id, time, { url, password: process.env.GENGFU_DEMO_MQTT_PASSWORD }, signal);
}

async function runCity({ scenario, time, ports, cityFile, signal, onReady }: PartContext): Promise<void> {
  await using city = await openCity(scenario, time, { port: portOf(ports, 'city', 0), file: cityFile });
  onReady({ city: { url: `mqtt://127.0.0.1:${city.port}`, port: city.port } });
  await city.run(signal);
}

async function runDesk({ scenario, time, ports, signal, onReady }: PartContext): Promise<void> {
  const { GENGFU_DEMO_PEOPLE_NAME: name, GENGFU_DEMO_PEOPLE_PASSWORD: password } = process.env;
  if (name === undefined || password === undefined) {
    throw new Error('people need GENGFU_DEMO_PEOPLE_NAME and GENGFU_DEMO_PEOPLE_PASSWORD');
  }
  const url = `http://127.0.0.1:${portOf(ports, 'console', 8080)}`;
  onReady({ people: { console: url } });
  await runPeople(scenario, time, { url, name, password }, signal);
  await aborted(signal);
}
