import { z } from 'zod';
import { DURATION, parseDuration } from '#kit/duration.ts';
import type { Fault } from '#kit/fault.ts';
import type { Device, LinkContext, LinkSpec, LinkStatus, OpenLink, SpecProblem } from '../driver.ts';
import { parseListen } from '../listen.ts';
import { openListener } from '../listener.ts';
import type { ModbusDevice, ModbusLink } from './check.ts';
import { Berth } from './dial-in-berth.ts';
import { DialInGate, MOST_STRANGERS } from './dial-in-gate.ts';
import { DialInReader } from './dial-in-reader.ts';
import { type Medium, openLink } from './link.ts';
import { parsePacket, showPacket } from './packet.ts';
import { ReadingQueue } from './reading-queue.ts';
import { RtuLine } from './rtu-line.ts';
import { WRITE_CODES } from './write.ts';

const duration = (text: string, from: number, to: number) =>
  z
    .string()
    .regex(DURATION, 'a number and a unit of ms s min h d, such as 500ms')
    .transform(parseDuration)
    .refine((ms) => ms >= from && ms <= to, `from ${from / 1000} s to ${to / 1000} s`)
    .prefault(text);

const isPacket = (text: string): boolean => parsePacket(text) !== undefined;
const packet = z.string().refine(isPacket, 'a text, or hex: and bytes such as hex:fe01, of 1 to 128 bytes');

/** The `registration` of a device, and each heartbeat of a link. */
export const registration = packet;

/** 4G serial units that dial in to the gateway: each is a serial bus of its own, told by its registration packet. */
export const dialIn = z.strictObject({
  /** `host:port` that the units dial. Nothing protects it: a private APN, a VPN or a firewall must. */
  listen: z.string().refine((text) => parseListen(text) !== undefined, 'must be host:port, such as 0.0.0.0:9600'),
  /** What units send of themselves to keep the connection. */
  heartbeat: z.union([packet.transform((one) => [one]), z.array(packet).max(8)]).default([]),
  /** Units put their registration in front of each packet. */
  prefix: z.boolean().default(false),
  /** The bus behind each unit. */
  baud: z.int().min(300).max(4_000_000).default(9600),
  /** A mobile network takes its time. */
  timeout: duration('3s', 1, 60_000),
  /** Quiet before a request. */
  gap: duration('20ms', 0, 1000),
  /** Who says not who it is in this time is closed; who is unknown is kept for that; who is silent for so long is closed. */
  registerWithin: duration('30s', 1000, 600_000),
  quarantine: duration('60s', 1000, 3_600_000),
  silent: duration('5min', 1000, 86_400_000),
});

export const DIAL_IN = 'modbus-dial-in';

type DialInOptions = z.output<typeof dialIn>;

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
  const busOf = new Map<string, OpenLink>();
  const berths = new Map<string, { registration: Buffer; berth: Berth }>();
  for (const [key, devices] of bySerialBus(link.devices)) {
    const own = Buffer.from(key, 'hex');
    const name = showPacket(own);
    const berth = new Berth({ name, silentMs: options.silent }, wire);
    berths.set(key, { registration: own, berth });
    const bus: ModbusLink = { ...link, id: `${link.id}/${name}`, devices };
    const medium: Medium = {
      where: name,
      timeoutMs: options.timeout,
      share: SHARE,
      hasNumbers: false,
      framing: 'rtu',
      isDialledInto: true,
      openPort: berth.open,
      makeLine: (port, counters, events) => {
        const reader = new DialInReader([...heartbeats, own]);
        const { baud, gap } = options;
        return new RtuLine(port, { baud, gap, muteAfter: Number.POSITIVE_INFINITY, reader }, wire, counters, events);
      },
    };
    const open = openLink(bus, context, medium, queue);
    buses.push(open);
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
