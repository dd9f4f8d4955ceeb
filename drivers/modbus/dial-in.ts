import type { Fault } from '#kit/fault.ts';
import type { Device, LinkContext, LinkSpec, LinkStatus, OpenLink, SpecProblem } from '../driver.ts';
import { parseListen } from '../listen.ts';
import { openListener } from '../listener.ts';
import type { ModbusDevice, ModbusLink } from './check.ts';
import { Berth } from './dial-in-berth.ts';
import { DialInGate, MOST_STRANGERS } from './dial-in-gate.ts';
import type { DialInOptions } from './dial-in-options.ts';
import { DialInReader } from './dial-in-reader.ts';
import { type Medium, openLink } from './link.ts';
import { parsePacket, showPacket } from './packet.ts';
import { ReadingQueue } from './reading-queue.ts';
import { SharedLine } from './shared-line.ts';
import { WRITE_CODES } from './write.ts';

export const DIAL_IN = 'modbus-dial-in';

/** What the device of a dialled-in unit must say beside its address. */
export interface Registered {
  readonly registration?: string | undefined;
}

type DialInDevice = ModbusDevice & Device<Registered & { readonly address: number }>;

/** Problems of devices on a link of this kind. Addresses are told apart within one registration. */
export function checkRegistrations(link: LinkSpec<unknown, DialInDevice>): SpecProblem[] {
  const problem = (device: string, message: string): SpecProblem[] => [
    { device, field: 'registration', severity: 'error', message },
  ];
  return link.devices.flatMap(({ id, options }) => {
    const isGiven = options.registration !== undefined;
    if (link.kind !== DIAL_IN) return isGiven ? problem(id, `no unit dials in on a link of kind ${link.kind}`) : [];
    return isGiven ? [] : problem(id, `on ${link.id} units dial in: say with registration which one this is`);
  });
}

/** A link's devices by the bus that they are on. */
export function bySerialBus<D extends { readonly options: Registered }>(devices: readonly D[]): Map<string, D[]> {
  const nameOf = ({ options }: D) => parsePacket(options.registration ?? '')?.toString('hex') ?? '';
  return Map.groupBy(devices, nameOf);
}

/** The most of a unit's time that its absent slaves together may cost the others. */
const SHARE = 0.032;

/** Listens, and gives each registration a bus of its own; all are shown as one link. */
export function openDialIn(link: LinkSpec<DialInOptions, DialInDevice>, context: LinkContext): OpenLink {
  const { options } = link;
  const { wire, clock } = context;
  const heartbeats = options.heartbeat.map(bytesOf);
  const queue = new ReadingQueue(link.devices.length, clock);
  const buses: OpenLink[] = [];
  const named = new Map<string, OpenLink>();
  const busOf = new Map<string, OpenLink>();
  const berths = new Map<string, { registration: Buffer; berth: Berth }>();
  for (const [key, devices] of bySerialBus(link.devices)) {
    const own = Buffer.from(key, 'hex');
    const name = showPacket(own);
    const berth = new Berth({ name, silentMs: options.silent }, wire);
    berths.set(key, { registration: own, berth });
    const makeReader = () => new DialInReader([...heartbeats, own]);
    const bus: ModbusLink = { ...link, id: `${link.id}/${name}`, devices };
    const medium: Medium = {
      where: name,
      timeoutMs: options.timeout,
      share: SHARE,
      hasNumbers: false,
      framing: 'rtu',
      makeReader,
      isDialledInto: true,
      openPort: berth.open,
      makeLine: (port, counters, events) => {
        const { baud, gap } = options;
        const settings = { baud, parity: 'none', dataBits: 8, stopBits: 1 } as const;
        const lineOptions = { baud, gap, muteAfter: Number.POSITIVE_INFINITY, makeReader };
        return new SharedLine(port, settings, lineOptions, wire, counters, events);
      },
    };
    const open = openLink(bus, context, medium, queue);
    buses.push(open);
    named.set(name, open);
    for (const { key: point } of devices.flatMap(({ points }) => points)) busOf.set(point, open);
  }
  const gate = new DialInGate(
    {
      berths,
      heartbeats,
      prefix: options.prefix,
      registerWithinMs: options.registerWithin,
      quarantineMs: options.quarantine,
    },
    clock,
    wire,
  );
  const { host, port } = parseListen(options.listen) ?? { host: '', port: 0 };
  const maxConnections = 2 * berths.size + 2 * MOST_STRANGERS;
  const listener = openListener(
    { name: link.id, setting: `listen of link ${link.id}`, host, port, maxConnections },
    context,
    (socket) => gate.admit(socket),
  );
  const ended = new AbortController();

  const status = (): LinkStatus => {
    const all = buses.map((bus) => bus.status());
    const counters: Record<string, number> = { ...gate.counters, replaced: 0, silences: 0, dropped: queue.dropped };
    for (const { berth } of berths.values()) {
      counters.replaced = (counters.replaced ?? 0) + berth.replacements;
      counters.silences = (counters.silences ?? 0) + berth.silences;
    }
    for (const { counters: more } of all) {
      for (const [name, count] of Object.entries(more)) {
        if (name !== 'dropped') counters[name] = (counters[name] ?? 0) + count;
      }
    }
    counters.refused = gate.counters.refused + listener.turnedAway;
    const { fault } = listener;
    return {
      state: fault === undefined ? 'up' : 'down',
      ...(fault === undefined ? {} : { error: textOf(fault) }),
      counters,
      devices: Object.assign({}, ...all.map(({ devices }) => devices)),
      unknown: gate.unknown.list(),
      warnings: [...new Set(['needs-line', ...all.flatMap(({ warnings = [] }) => warnings)])],
    };
  };
  return {
    readings: (signal) => queue.readings(signal, ended.signal),
    status,
    buses: named,
    tap(listener) {
      const stops = [...named].map(([name, bus]) =>
        bus.tap?.((heard) => listener({ ...heard, who: heard.who === null ? name : `${name} ${heard.who}` })),
      );
      return () => {
        for (const stop of stops) stop?.();
      };
    },
    write: async (point, value, signal) =>
      (await busOf.get(point)?.write?.(point, value, signal)) ?? { done: false, code: WRITE_CODES.notWritable },
    async [Symbol.asyncDispose]() {
      ended.abort();
      gate.close();
      await Promise.all(buses.map((bus) => bus[Symbol.asyncDispose]()));
      await listener[Symbol.asyncDispose]();
    },
  };
}

const textOf = ({ message, hint }: Fault): string => (hint === undefined ? message : `${message} (${hint})`);

/** The schema has seen that it is a packet. */
function bytesOf(text: string): Buffer {
  const bytes = parsePacket(text);
  if (bytes === undefined) throw new TypeError(`no packet: ${text}`);
  return bytes;
}
