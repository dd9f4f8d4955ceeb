import type { Fields } from '../../config/lone-device.ts';

/** A scheme → the kind of link that it stands for. */
const KINDS: Readonly<Record<string, string>> = {
  'modbus-tcp:': 'modbus-tcp',
  'modbus-rtu-over-tcp:': 'modbus-rtu-over-tcp',
  'modbus-rtu:': 'modbus-rtu',
  'rtu:': 'modbus-rtu',
};

/**
 * A line on one line: `modbus-tcp://10.0.0.5:502`, `rtu:///dev/ttyUSB0?baud=4800&parity=even`,
 * `modbus-rtu-over-tcp://10.0.0.5:4001`. What follows the `?` are the link's own fields. Undefined if it is none.
 */
export function parseLineAddress(text: string): Fields | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, pathname, searchParams } = new URL(text);
  const kind = KINDS[protocol];
  if (kind === undefined) return undefined;
  const more = Object.fromEntries(
    [...searchParams].map(([key, value]) => [key, isNumber(value) ? Number(value) : value]),
  );
  if (kind === 'modbus-rtu') return { kind, port: decodeURIComponent(pathname), ...more };
  const host = hostname.replace(/^\[|\]$/g, '');
  return { kind, host, ...(port === '' ? {} : { port: Number(port) }), ...more };
}

const isNumber = (text: string): boolean => /^\d+$/.test(text);
