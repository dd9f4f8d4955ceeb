import { openCity } from './city/city.ts';
import { runHj212Devices } from './hj212/devices.ts';
import { instrumentOf } from './hj212/of-scenario.ts';
import { runHttpDevices } from './http/devices.ts';
import { httpOf } from './http/of-scenario.ts';
import { aborted } from './lifetime.ts';
import { runLorawanDevices } from './lorawan/devices.ts';
import { lorawanOf } from './lorawan/of-scenario.ts';
import { openBus } from './modbus/bus.ts';
import { openDialInUnit } from './modbus/dial-in.ts';
import { openTcpUnits } from './modbus/tcp-units.ts';
import { openUnit } from './modbus/unit.ts';
import { openModemLine } from './modem/line.ts';
import { runMqttDevices } from './mqtt-devices.ts';
import { type Accounts, runPeople } from './people.ts';
import type { Scenario, SimLink } from './scenario.ts';
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

type Link<K extends SimLink['kind']> = Extract<SimLink, { kind: K }>;

/** The programs of a scenario, by name: one for all TCP ports, one for each other link. */
export function partsOf(scenario: Scenario): ReadonlyMap<string, Part> {
  const parts = new Map<string, Part>();
  for (const link of scenario.links) {
    const part = partOf(link);
    if (part !== undefined) parts.set(link.id, part);
  }
  if (scenario.links.some(({ kind }) => kind === 'modbus-tcp')) parts.set('modbus-tcp', runTcp);
  if (scenario.cityCuts !== null) parts.set('city', runCity);
  parts.set('people', runDesk);
  return parts;
}

function partOf(link: SimLink): Part | undefined {
  switch (link.kind) {
    case 'modbus-rtu':
      return (context) => runBus(link, context);
    case 'modem':
      return (context) => runModem(link, context);
    case 'modbus-dial-in':
      return (context) => runDialIn(link, context);
    case 'mqtt':
      return (context) => runMqtt(link.id, context);
    case 'lorawan':
      return (context) => runLorawan(link, context);
    case 'hj212':
      return (context) => runHj212(link, context);
    case 'http':
      return (context) => runHttp(link, context);
    case 'modbus-tcp':
      return undefined;
    default:
      return link satisfies never;
  }
}

const portOf = (ports: Ports, name: string, otherwise: number): number => {
  const port = ports[name] ?? otherwise;
  if (typeof port !== 'number') throw new Error(`ports: ${name} must be a port number`);
  return port;
};

const LOOPBACK = '127.0.0.1';

/** The gateway's own port for a link: nobody can guess it. */
function listenerOf(ports: Ports, id: string): number {
  const port = ports[id];
  if (typeof port !== 'number') throw new Error(`ports: ${id} must be the port on which the gateway listens for it`);
  return port;
}

async function runDialIn(link: Link<'modbus-dial-in'>, { scenario, time, ports, signal, onReady }: PartContext) {
  const port = listenerOf(ports, link.id);
  const own = scenario.devices.filter((device) => device.link === link.id);
  const registration = Buffer.from(link.registration);
  const beat = link.heartbeat && { bytes: Buffer.from(link.heartbeat.text), everyMs: link.heartbeat.everyMs };
  const options = { host: LOOPBACK, port, registration, redialMs: 1000, ...(beat && { heartbeat: beat }) };
  await using _unit = openDialInUnit(
    options,
    own.map((device) => openUnit(device, scenario.start, time)),
  );
  onReady({ [link.id]: { kind: link.kind, gateway: `${LOOPBACK}:${port}` } });
  await aborted(signal);
}

async function runLorawan(link: Link<'lorawan'>, { scenario, time, ports, signal, onReady }: PartContext) {
  const url = `mqtt://${LOOPBACK}:${portOf(ports, 'broker', 1883)}`;
  const own = scenario.devices.filter((device) => device.link === link.id);
  const devices = own.map((device) => lorawanOf(device, scenario.start));
  const password = process.env.GENGFU_DEMO_MQTT_PASSWORD;
  const account = password === undefined ? {} : { username: link.server, password };
  const application = link.application === null ? {} : { application: link.application };
  onReady({ [link.id]: { kind: link.kind, broker: url } });
  await runLorawanDevices(devices, { url, server: link.server, ...account, ...application }, time, signal);
  await aborted(signal);
}

async function runHj212(link: Link<'hj212'>, { scenario, time, ports, signal, onReady }: PartContext) {
  const port = listenerOf(ports, link.id);
  const own = scenario.devices.filter((device) => device.link === link.id);
  const devices = own.map((device) => ({
    ...instrumentOf(device, scenario.start, time),
    offsetMinutes: scenario.offsetMinutes,
  }));
  onReady({ [link.id]: { kind: link.kind, gateway: `${LOOPBACK}:${port}` } });
  await runHj212Devices(devices, { host: LOOPBACK, port }, signal);
  await aborted(signal);
}

async function runHttp(link: Link<'http'>, { scenario, time, ports, signal, onReady }: PartContext) {
  const port = listenerOf(ports, link.id);
  const own = scenario.devices.filter((device) => device.link === link.id);
  const url = `http://${LOOPBACK}:${port}${link.path}`;
  onReady({ [link.id]: { kind: link.kind, gateway: url } });
  await runHttpDevices(
    own.map((device) => httpOf(device, scenario.start)),
    { url, time },
    signal,
  );
  await aborted(signal);
}

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

async function runModem({ id, kind }: Link<'modem'>, { ports, signal, onReady }: PartContext): Promise<void> {
  await using modem = await openModemLine(ports[id] ?? 0, console.log);
  onReady({ [id]: { kind, port: modem.port } });
  await aborted(signal);
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
  // A link without devices has none to wait for.
  await aborted(signal);
}

async function runCity({ scenario, time, ports, cityFile, signal, onReady }: PartContext): Promise<void> {
  await using city = await openCity(scenario, time, { port: portOf(ports, 'city', 0), file: cityFile });
  onReady({ city: { url: `mqtt://127.0.0.1:${city.port}`, port: city.port } });
  await city.run(signal);
}

async function runDesk({ scenario, time, ports, signal, onReady }: PartContext): Promise<void> {
  const { GENGFU_DEMO_PEOPLE: people } = process.env;
  if (people === undefined) throw new Error('people need GENGFU_DEMO_PEOPLE: { "duty": { "name": …, "password": … } }');
  // Written by whoever started this process.
  const accounts = JSON.parse(people) as Accounts;
  const url = `http://127.0.0.1:${portOf(ports, 'console', 8080)}`;
  onReady({ people: { console: url } });
  await runPeople(scenario, time, { url, accounts }, signal);
  await aborted(signal);
}
