import { z } from 'zod';
import { parseDuration } from '#kit/duration.ts';
import { drivers } from '../../drivers/index.ts';
import type { DriverLink } from '../site/link-spec.ts';
import { parseLineAddress } from '../trial/line-address.ts';
import { wrongUsage } from './arguments.ts';

/** The id of a link that stands in no site. */
export const LONE = 'line';

/** A link by its tty (`/dev/ttyUSB0`) or its address (`modbus-tcp://10.0.0.5`, `rtu:///dev/ttyUSB0?baud=4800`). */
export function loneLink(port: string): DriverLink {
  const fields = port.startsWith('/') ? { kind: 'modbus-rtu', port } : parseLineAddress(port);
  if (fields === undefined) {
    throw wrongUsage(
      `${port} is neither a tty nor one of modbus-tcp://HOST:PORT, modbus-rtu-over-tcp://HOST:PORT, rtu:///dev/TTY`,
    );
  }
  const { kind, ...given } = fields as { readonly kind: string };
  const driver = drivers.find(({ links }) => Object.hasOwn(links, kind));
  const schema = (driver?.links as Readonly<Record<string, z.ZodObject>> | undefined)?.[kind];
  const parsed = schema?.safeParse(given);
  if (driver === undefined || parsed === undefined) throw wrongUsage(`${port}: no such kind of line`);
  if (!parsed.success) throw wrongUsage(`${port}: ${z.prettifyError(parsed.error)}`);
  return { id: LONE, kind, protocol: driver.protocol, options: parsed.data, devices: [] };
}

/** `1-10,20` → numbers, each once, in order. */
export function parseUnits(text: string): number[] {
  const units = text.split(',').flatMap((part) => {
    const [, from = '', to = from] = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part.trim()) ?? [];
    if (from === '' || Number(to) < Number(from) || Number(to) > 255) {
      throw wrongUsage(`--units: ${part} is no range of 0 to 255, such as 1-32,100`);
    }
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index);
  });
  return [...new Set(units)];
}

export function parseNumber(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw wrongUsage(`${name}: ${text} is no number`);
  return value;
}

export const parseBauds = (text: string): number[] => text.split(',').map((each) => parseNumber(each, '--baud'));

const PARITIES = ['none', 'even', 'odd'] as const;

export const parseParities = (text: string): (typeof PARITIES)[number][] =>
  text.split(',').map((each) => {
    const found = PARITIES.find((parity) => parity === each || parity.charAt(0).toUpperCase() === each);
    if (found === undefined) throw wrongUsage(`--parity: ${each} is none of none, even, odd`);
    return found;
  });

export function parseTimeout(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw wrongUsage(`--timeout: ${text} is no duration, such as 100ms`);
  }
}
