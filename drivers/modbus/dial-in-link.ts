import type { Fault } from '#kit/fault.ts';
import type { LinkContext, LinkSpec, LinkStatus, OpenLink, Overheard, Written } from '../driver.ts';
import { parseListen } from '../listen.ts';
import { type Listener, openListener } from '../listener.ts';
import type { Reading } from '../reading.ts';
import { bySerialBus, type DialInDevice } from './dial-in.ts';
import { Berth } from './dial-in-berth.ts';
import { DialInGate, MOST_STRANGERS } from './dial-in-gate.ts';
import type { DialInOptions } from './dial-in-options.ts';
import { DialInReader } from './dial-in-reader.ts';
import { type Medium, openLink } from './link.ts';
import { parsePacket, showPacket } from './packet.ts';
import { ReadingQueue } from './reading-queue.ts';
import { SharedLine } from './shared-line.ts';
import { WRITE_CODES } from './write.ts';

/** The most of a unit's time that its absent slaves together may cost the others. */
const SHARE = 0.032;

type DialInSpec = LinkSpec<DialInOptions, DialInDevice>;

/** The serial bus behind one registration. */
interface Bus {
  readonly registration: Buffer;
  /** For a person: the registration. */
  readonly name: string;
  readonly berth: Berth;
  readonly open: OpenLink;
  devices: readonly DialInDevice[];
}

/** Listens, and gives each registration a bus of its own; all are shown as one link. */
class DialInLink implements OpenLink {
  readonly #link: DialInSpec;
  readonly #context: LinkContext;
  readonly #heartbeats: readonly Buffer[];
  readonly #queue: ReadingQueue;
  /** By registration, in hexadecimal digits. */
  readonly #byKey = new Map<string, Bus>();
  readonly buses = new Map<string, OpenLink>();
  readonly #gate: DialInGate;
  readonly #listener: Listener;
  readonly #mostBuses: number;
  readonly #ended = new AbortController();
  /** Who listens, with the ways to stop it at each bus. */
  readonly #taps = new Map<(heard: Overheard) => void, Map<Bus, () => void>>();
  /** What buses that are gone have counted. */
  readonly #gone: Record<string, number> = { replaced: 0, silences: 0 };

  constructor(link: DialInSpec, context: LinkContext) {
    this.#link = link;
    this.#context = context;
    const { options } = link;
    this.#heartbeats = options.heartbeat.map(bytesOf);
    this.#queue = new ReadingQueue(link.devices.length, context.clock);
    for (const [key, devices] of bySerialBus(link.devices)) this.#add(key, devices);
    this.#gate = new DialInGate(
      {
        berths: this.#byKey,
        heartbeats: this.#heartbeats,
        prefix: options.prefix,
        registerWithinMs: options.registerWithin,
        quarantineMs: options.quarantine,
      },
      context.clock,
      context.wire,
    );
    const { host, port } = parseListen(options.listen) ?? { host: '', port: 0 };
    // A unit may have an old connection beside its new one; and units may join.
    const maxConnections = 2 * this.#byKey.size + 3 * MOST_STRANGERS;
    this.#mostBuses = (maxConnections - MOST_STRANGERS) / 2;
    this.#listener = openListener(
      { name: link.id, setting: `listen of link ${link.id}`, host, port, maxConnections },
      context,
      (socket) => this.#gate.admit(socket),
    );
  }

  readings(signal: AbortSignal): AsyncGenerator<readonly Reading[]> {
    return this.#queue.readings(signal, this.#ended.signal);
  }

  status(): LinkStatus {
    const all = [...this.buses.values()].map((bus) => bus.status());
    const counters: Record<string, number> = { ...this.#gone };
    for (const bus of this.#byKey.values()) count(counters, bus);
    const { fault, turnedAway } = this.#listener;
    const { refused, ...rest } = this.#gate.counters;
    return {
      state: fault === undefined ? 'up' : 'down',
      ...(fault === undefined ? {} : { error: textOf(fault) }),
      counters: { ...counters, ...rest, refused: refused + turnedAway, dropped: this.#queue.dropped },
      devices: Object.assign({}, ...all.map(({ devices }) => devices)),
      unknown: this.#gate.unknown.list(),
      warnings: [...new Set(['needs-line', ...all.flatMap(({ warnings = [] }) => warnings)])],
    };
  }

  /** Units whose devices are the same stay connected; one that waits to be known is let in when it is. */
  change(devices: readonly DialInDevice[]): (() => void) | undefined {
    const next = bySerialBus(devices);
    if (next.size > this.#mostBuses) return undefined;
    const exchanges: (() => void)[] = [];
    for (const [key, of] of next) {
      const bus = this.#byKey.get(key);
      if (bus === undefined) continue;
      const exchange = bus.open.change?.(of);
      if (exchange === undefined) return undefined;
      exchanges.push(() => {
        exchange();
        bus.devices = of;
      });
    }
    return () => {
      for (const [key, bus] of [...this.#byKey]) if (!next.has(key)) this.#remove(key, bus);
      for (const exchange of exchanges) exchange();
      for (const [key, of] of next) {
        if (this.#byKey.has(key)) continue;
        this.#queue.forget(new Set(), of.length);
        this.#gate.unknown.forget(this.#add(key, of).name);
      }
      this.#gate.berthsChanged();
    };
  }

  tap(listener: (heard: Overheard) => void): () => void {
    const stops = new Map<Bus, () => void>();
    this.#taps.set(listener, stops);
    for (const bus of this.#byKey.values()) tapBus(bus, listener, stops);
    return () => {
      this.#taps.delete(listener);
      for (const stop of stops.values()) stop();
    };
  }

  async write(point: string, value: number | string, signal?: AbortSignal): Promise<Written> {
    const isOf = (bus: Bus) => bus.devices.some(({ points }) => points.some(({ key }) => key === point));
    const bus = [...this.#byKey.values()].find(isOf);
    return (await bus?.open.write?.(point, value, signal)) ?? { done: false, code: WRITE_CODES.notWritable };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#gate.close();
    await Promise.all([...this.buses.values()].map((bus) => bus[Symbol.asyncDispose]()));
    await this.#listener[Symbol.asyncDispose]();
  }

  #add(key: string, devices: readonly DialInDevice[]): Bus {
    const registration = Buffer.from(key, 'hex');
    const name = showPacket(registration);
    const berth = new Berth({ name, silentMs: this.#link.options.silent }, this.#context.wire);
    const link = { ...this.#link, id: `${this.#link.id}/${name}`, devices };
    const open = openLink(link, this.#context, this.#mediumOf(registration, name, berth), this.#queue);
    const bus: Bus = { registration, name, berth, open, devices };
    this.#byKey.set(key, bus);
    this.buses.set(name, open);
    for (const [listener, stops] of this.#taps) tapBus(bus, listener, stops);
    return bus;
  }

  #remove(key: string, bus: Bus): void {
    count(this.#gone, bus);
    this.#byKey.delete(key);
    this.buses.delete(bus.name);
    for (const stops of this.#taps.values()) stops.delete(bus);
    // All of it is closed before this returns.
    void bus.open[Symbol.asyncDispose]();
    bus.berth.close();
    this.#queue.forget(
      new Set(bus.devices.flatMap(({ points }) => points.map((point) => point.key))),
      -bus.devices.length,
    );
  }

  #mediumOf(registration: Buffer, name: string, berth: Berth): Medium {
    const { timeout: timeoutMs, baud, gap } = this.#link.options;
    const { wire } = this.#context;
    const makeReader = () => new DialInReader([...this.#heartbeats, registration]);
    const settings = { baud, parity: 'none', dataBits: 8, stopBits: 1 } as const;
    const lineOptions = { baud, gap, muteAfter: Number.POSITIVE_INFINITY, makeReader };
    return {
      where: name,
      timeoutMs,
      share: SHARE,
      hasNumbers: false,
      framing: 'rtu',
      makeReader,
      isDialledInto: true,
      openPort: berth.open,
      makeLine: (port, counters, events) => new SharedLine(port, settings, lineOptions, wire, counters, events),
    };
  }
}

function tapBus(bus: Bus, listener: (heard: Overheard) => void, stops: Map<Bus, () => void>): void {
  const { name } = bus;
  const stop = bus.open.tap?.((heard) =>
    listener({ ...heard, who: heard.who === null ? name : `${name} ${heard.who}` }),
  );
  if (stop !== undefined) stops.set(bus, stop);
}

/** Adds what a bus has counted. */
function count(counters: Record<string, number>, { berth, open }: Bus): void {
  const add = (name: string, more: number) => {
    counters[name] = (counters[name] ?? 0) + more;
  };
  add('replaced', berth.replacements);
  add('silences', berth.silences);
  for (const [name, more] of Object.entries(open.status().counters)) if (name !== 'dropped') add(name, more);
}

const textOf = ({ message, hint }: Fault): string => (hint === undefined ? message : `${message} (${hint})`);

/** The schema has seen that it is a packet. */
function bytesOf(text: string): Buffer {
  const bytes = parsePacket(text);
  if (bytes === undefined) throw new TypeError(`no packet: ${text}`);
  return bytes;
}

export const openDialIn = (link: DialInSpec, context: LinkContext): OpenLink => new DialInLink(link, context);
