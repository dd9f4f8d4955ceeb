import { isEqual } from '#kit/equal.ts';
import { type DeviceReader, openReader } from './device-reader.ts';
import type { HttpDevice } from './kind.ts';

/** A device of the link, with how its messages are read. */
export interface Member {
  readonly device: HttpDevice;
  readonly reader: DeviceReader;
}

/** Other devices in the place of those that a link has. */
export interface Exchange {
  readonly members: readonly Member[];
  /** Those that stay as they are. */
  readonly staying: readonly HttpDevice[];
  /** Those that are gone or otherwise. */
  readonly ended: readonly DeviceReader[];
  /** Those that are new or otherwise. */
  readonly joining: readonly DeviceReader[];
}

/** Compiles what is new. Nothing of `before` is touched. */
export function planExchange(before: readonly Member[], devices: readonly HttpDevice[]): Exchange {
  const known = new Map(before.map((member) => [member.device.id, member]));
  const members = devices.map((device) => {
    const member = known.get(device.id);
    return member !== undefined && isEqual(member.device, device) ? member : { device, reader: openReader(device) };
  });
  const [old, next] = [new Set(before), new Set(members)];
  return {
    members,
    staying: members.filter((member) => old.has(member)).map(({ device }) => device),
    ended: before.filter((member) => !next.has(member)).map(({ reader }) => reader),
    joining: members.filter((member) => !old.has(member)).map(({ reader }) => reader),
  };
}
