import type { SiteDevice, SiteLink, SitePoint } from '../../config/site.ts';
import type { Driver } from '../../drivers/driver.ts';
import { TYPES, type ValueType } from '../../drivers/modbus/decode.ts';
import type { Reading } from '../../drivers/reading.ts';
import { readOnce } from './read-once.ts';
import { serveRegisters } from './registers.ts';
import type { Outcome, Trial, Tried } from './tried.ts';

/** Longer than any trial takes, so that it is asked once. */
const EVERY_MS = 3_600_000;
const WITHIN_MS = 5000;

interface Register {
  readonly table: string;
  readonly address: number;
  readonly type: ValueType;
}

/** Test data through the real driver, from a device on loopback that holds it. */
export const tryRegisters: Trial = async (driver, place, data) => {
  if ([data.holding, data.input, data.coil, data.discrete].every((table) => table === undefined)) {
    return 'no registers are given: holding, input, coil or discrete';
  }
  await using server = await serveRegisters(data);
  const link = await place({ kind: 'modbus-tcp', host: '127.0.0.1', port: server.port }, { address: 1 });
  return link === undefined ? 'the device cannot be made' : (await readRegisters(driver, link, WITHIN_MS)).outcome;
};

/** Reads each point of the link's device once, with the registers that it stands in. */
export async function readRegisters(
  driver: Driver,
  link: SiteLink,
  withinMs: number,
): Promise<{ readonly outcome: Outcome; readonly error: string | undefined }> {
  const { readings, error } = await readOnce(driver, { ...link, devices: link.devices.map(withRaw) }, withinMs);
  const points = link.devices.flatMap((device) => device.points);
  const outcome = new Map<string, Tried>();
  for (const point of points) {
    const reading = readings.get(point.key);
    if (reading !== undefined) outcome.set(point.id, triedOf(reading, rawOf(point, readings)));
  }
  return { outcome, error };
}

export const triedOf = ({ value, quality, code }: Reading, raw: string): Tried => ({
  raw,
  value,
  quality,
  ...(code === undefined ? {} : { code }),
});

const registerOf = (point: SitePoint) => (point.source as { readonly register: Register }).register;
const isBits = ({ table }: Register): boolean => table === 'coil' || table === 'discrete';
const rawKey = (device: string, { table }: Register, address: number): string => `${device}/raw ${table} ${address}`;
const addressesOf = (register: Register): number[] =>
  Array.from({ length: isBits(register) ? 1 : TYPES[register.type] }, (_, index) => register.address + index);

/** The same device, asked at one pace, and each register that its points stand in is a point too. */
function withRaw(device: SiteDevice): SiteDevice {
  const raw = new Map<string, SitePoint>();
  for (const point of device.points) {
    const register = registerOf(point);
    for (const address of addressesOf(register)) {
      const key = rawKey(device.id, register, address);
      const source = {
        register: {
          table: register.table,
          address,
          type: isBits(register) ? 'bit' : 'u16',
          order: 'ABCD',
          scale: 1,
          offset: 0,
        },
      };
      const plain = { range: undefined, invalid: undefined, states: undefined, convert: { factor: 1, offset: 0 } };
      raw.set(key, { ...point, ...plain, key, id: key, everyMs: EVERY_MS, source });
    }
  }
  return { ...device, points: [...device.points.map((point) => ({ ...point, everyMs: EVERY_MS })), ...raw.values()] };
}

/** `0247`, or `2EE7 0000` for a value of two registers, or `1` for a bit. */
function rawOf(point: SitePoint, readings: ReadonlyMap<string, Reading>): string {
  const register = registerOf(point);
  return addressesOf(register)
    .map((address) => readings.get(rawKey(point.device, register, address))?.value)
    .filter((value) => typeof value === 'number')
    .map((value) => (isBits(register) ? String(value) : value.toString(16).toUpperCase().padStart(4, '0')))
    .join(' ');
}
