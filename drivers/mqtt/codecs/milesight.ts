import type { Codec, Fields, Sample } from './codec.ts';

/** What stands behind a channel's id and type: so many bytes, integers little-endian. */
export interface Channel {
  readonly bytes: number;
  /** `value` has exactly so many bytes. Undefined if they mean nothing. */
  read(value: Buffer): Fields | undefined;
  /** Its value was kept by the device at the time that stands first, a u32 of seconds since 1970. */
  readonly kept?: true;
}

/** Told of the device, not of the place: read over. */
const told = (bytes: number): Channel => ({ bytes, read: () => ({}) });

/** Of every Milesight device, by channel id and type in hex. */
const COMMON: Readonly<Record<string, Channel>> = {
  ff01: told(1), // protocol
  ff09: told(2), // hardware
  ff0a: told(2), // firmware
  ff16: told(8), // serial number
  ff0f: told(1), // class
  ff0b: told(1), // power on
  fffe: told(1), // reset
  ffff: told(2), // TSL
  '0175': { bytes: 1, read: (value) => ({ battery: value.readUInt8(0) }) },
};

/**
 * Milesight's payloads: channel id, channel type and data, one after the other. A channel that the model does not have
 * says nothing of its own length, so that all that follows it could be read wrongly: the whole payload is refused.
 */
export function milesight(fields: Codec['fields'], own: Readonly<Record<string, Channel>>): Codec {
  const channels = new Map(Object.entries({ ...COMMON, ...own }));
  return {
    fields: { ...fields, battery: '%' },
    decode(payload) {
      const kept: Sample[] = [];
      let now: Fields = {};
      for (let at = 0; at < payload.length; ) {
        const channel = channels.get(payload.toString('hex', at, at + 2));
        if (channel === undefined) return undefined;
        const value = payload.subarray(at + 2, at + 2 + channel.bytes);
        if (value.length < channel.bytes) return undefined;
        const read = channel.read(value);
        if (read === undefined) return undefined;
        if (channel.kept) kept.push({ keptAt: value.readUInt32LE(0), fields: read });
        else now = { ...now, ...read };
        at += 2 + channel.bytes;
      }
      return [...kept, { fields: now }];
    },
  };
}
