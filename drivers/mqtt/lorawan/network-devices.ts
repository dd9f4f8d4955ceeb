import type { Clock } from '#kit/clock.ts';
import { parseDeviceTime } from '../../device-time.ts';
import type { UnknownDevice } from '../../driver.ts';
import { parsePayload } from '../../json-payload.ts';
import type { UntimedReading } from '../../reading.ts';
import { UnknownDevices } from '../../unknown-devices.ts';
import { type FieldPoint, readCodec, readFields } from '../codec-payload.ts';
import type { Codec } from '../codecs/codec.ts';
import { Seen } from './seen.ts';
import type { NetworkServer, Uplink } from './uplink.ts';

/** A device of the site behind a network server. */
export interface NetworkDevice {
  readonly id: string;
  /** Sixteen small hex digits. */
  readonly devEui: string;
  /** Undefined: whichever. */
  readonly application: string | undefined;
  readonly codec: Codec;
  readonly points: readonly FieldPoint[];
}

/** What the network server gives of each device, whatever its codec: units as a codec's fields have them. */
export const NETWORK_FIELDS = {
  /** At the gateway that heard it best. */
  signal: 'dBm',
  snr: 'dB',
  /** As the device answers the network server's question; only where that asks. */
  'status-battery': '%',
} as const;

/** Messages of which copies are known, and for how long: brokers and servers repeat within seconds. */
const MOST_SEEN = 4096;
const SEEN_MS = 10 * 60_000;
/** A time that is so far ahead of ours is a wrong clock: it would make all that follows it late. */
const AHEAD_MS = 60_000;

/** What one message gave. Without readings the device was heard, and that is all. */
export interface Heard {
  readonly device: string;
  /** By the device as it is when this is called; none if it is gone. */
  read(): readonly UntimedReading[];
}

/** The site's devices behind one network server: its messages → their readings. It throws at no message. */
export class NetworkDevices {
  readonly counts = {
    uplinks: 0,
    duplicates: 0,
    badEnvelopes: 0,
    badUplinks: 0,
    badUplinkTimes: 0,
    unknownDevices: 0,
  };
  readonly #server: NetworkServer;
  #devices: ReadonlyMap<string, NetworkDevice> = new Map();
  readonly #context: { readonly clock: Clock; readonly wire: Clock };
  readonly #seen = new Seen(MOST_SEEN, SEEN_MS);
  readonly #unknown = new UnknownDevices();

  constructor(
    server: NetworkServer,
    devices: readonly NetworkDevice[],
    context: { readonly clock: Clock; readonly wire: Clock },
  ) {
    this.#server = server;
    this.#context = context;
    this.change(devices);
  }

  /** From now on these are the devices. What came already stays known. */
  change(devices: readonly NetworkDevice[]): void {
    this.#devices = new Map(devices.map((device) => [device.devEui, device]));
    for (const { devEui } of devices) this.#unknown.forget(devEui);
  }

  /** Undefined for what is of no device of the site, or came already. */
  take(topic: string, message: Uint8Array): Heard | undefined {
    const where = this.#server.parseTopic(topic);
    if (where === undefined) return undefined;
    const parsed = parsePayload(message);
    const uplink = parsed && this.#server.parseMessage(where.event, parsed.json);
    if (uplink === undefined || (where.devEui !== undefined && uplink.devEui !== where.devEui)) {
      this.counts.badEnvelopes++;
      const meant = this.#devices.get(where.devEui ?? '');
      return meant && this.#heard(meant, ({ codec, points }) => readCodec(codec, points, null, { now: 0 }).readings);
    }
    const device = this.#devices.get(uplink.devEui);
    if (device === undefined || (device.application !== undefined && device.application !== where.application)) {
      this.counts.unknownDevices++;
      const sample = sampleOf(where.application, uplink);
      this.#unknown.hear(uplink.devEui, this.#context.clock.now(), { sample });
      return undefined;
    }
    if (!this.#seen.isNew(uplink.once, this.#context.wire.tick())) {
      this.counts.duplicates++;
      return undefined;
    }
    this.counts.uplinks++;
    return this.#heard(device, (now) => this.#read(now, uplink));
  }

  /** What to subscribe to on another broker: the devices' applications, or each where one does not name its own. */
  get filters(): readonly string[] {
    const applications = new Set([...this.#devices.values()].map(({ application }) => application ?? '+'));
    const isAny = applications.size === 0 || applications.has('+');
    return (isAny ? ['+'] : [...applications]).flatMap((application) => this.#server.filters(application));
  }

  unknown(): readonly UnknownDevice[] {
    return this.#unknown.list();
  }

  #heard({ id, devEui }: NetworkDevice, read: (device: NetworkDevice) => readonly UntimedReading[]): Heard {
    return {
      device: id,
      read: () => {
        const now = this.#devices.get(devEui);
        return now?.id === id ? read(now) : [];
      },
    };
  }

  #read({ codec, points }: NetworkDevice, { fPort, payload, time, radio, battery }: Uplink): UntimedReading[] {
    const now = this.#context.clock.now();
    const told = parseDeviceTime(time);
    const deviceAt = told !== undefined && told <= now + AHEAD_MS ? told : undefined;
    if (time !== undefined && deviceAt === undefined) this.counts.badUplinkTimes++;
    const network = {
      ...(radio && { signal: radio.rssi, snr: radio.snr }),
      ...(battery !== undefined && { 'status-battery': battery }),
    };
    const own = readFields(points, network, deviceAt);
    // On other ports a device answers orders and tells of itself.
    const isData = payload !== undefined && fPort > 0 && (codec.fPort ?? fPort) === fPort;
    if (!isData) return own;
    const { readings, flaw } = readCodec(codec, points, payload, { deviceAt, now });
    if (flaw === 'payload') this.counts.badUplinks++;
    if (flaw === 'device-time') this.counts.badUplinkTimes++;
    return [...readings, ...own];
  }
}

/** `city-street, port 85: 03cf0000…`: what a person needs to tell which device it is. */
function sampleOf(application: string, { fPort, payload }: Uplink): string {
  const bytes = payload ? payload.toString('hex') : payload === null ? 'cannot be read' : 'nothing';
  return `${application}, port ${fPort}: ${bytes}`;
}
