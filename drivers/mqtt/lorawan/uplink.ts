/** What a network server tells of one uplink of a device, or of a status that it asked the device for. */
export interface Uplink {
  /** Sixteen small hex digits. */
  readonly devEui: string;
  /** The same for each copy of one message, and for no other message within minutes. */
  readonly once: string;
  /** 0: none, which carries nothing for applications. */
  readonly fPort: number;
  /** What the device sent; undefined if nothing; null if it cannot be read. */
  readonly payload: Buffer | undefined | null;
  /** When it was received, RFC 3339, as far as the network server is to be believed. */
  readonly time?: string | undefined;
  /** Of the gateway that heard it best. */
  readonly radio?: { readonly rssi: number; readonly snr: number } | undefined;
  /** Per cent, as the device answered the network server (LoRaWAN 1.0.4, 5.5, DevStatusAns). */
  readonly battery?: number | undefined;
}

/** Where a message stands among the network server's topics. */
export interface UplinkTopic {
  readonly application: string;
  /** Undefined where topics have the device by another name. */
  readonly devEui?: string;
  readonly event: 'up' | 'status';
}

/** A kind of network server: how it publishes what devices send. */
export interface NetworkServer {
  /** The first level of all its topics. */
  readonly root: string;
  /** What to subscribe to for an application, `+` for each that may be seen. */
  filters(application: string): readonly string[];
  /** Undefined for a topic of no uplink. */
  parseTopic(topic: string): UplinkTopic | undefined;
  /** Undefined if the message is none of this server's. It never throws. */
  parseMessage(event: UplinkTopic['event'], json: unknown): Uplink | undefined;
}

/** The most that LoRaWAN carries is 242 bytes (Regional Parameters RP002, DR of the largest payload); base64 of 255. */
const LONGEST_BASE64 = 340;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** RFC 4648 section 4 with its padding; undefined where there is none, null if it is none or longer than any uplink. */
export function parseBase64(text: string | undefined): Buffer | undefined | null {
  if (text === undefined || text === '') return undefined;
  return text.length <= LONGEST_BASE64 && BASE64.test(text) ? Buffer.from(text, 'base64') : null;
}

/** The loudest of several gateways. One that gives no level, or 0 dBm, says nothing. */
export function bestOf(
  heard: readonly { readonly rssi?: number | undefined; readonly snr?: number | undefined }[],
): Uplink['radio'] {
  let best: { rssi: number; snr: number } | undefined;
  for (const { rssi = 0, snr = 0 } of heard) {
    if (rssi !== 0 && (best === undefined || rssi > best.rssi)) best = { rssi, snr };
  }
  return best;
}
