import { Fault } from '#kit/fault.ts';
import type { JobTools } from './job.ts';

/** 1022 hosts. */
const WIDEST = 22;
const MOST_AT_ONCE = 4;

/** What a host said to a Modbus question; null when nothing listens there. */
export interface HostAnswer {
  readonly host: string;
  /** Units that answered, and those that only an exception came from. */
  readonly units: readonly number[];
  /** It takes connections, and says nothing that is Modbus. */
  readonly isMute: boolean;
}

/** The hosts of an IPv4 subnet in CIDR notation, at most a /22. Throws the Fault `bad-subnet`. */
export function hostsOf(subnet: string): string[] {
  const [, address = '', bits = ''] = /^((?:\d{1,3}\.){3}\d{1,3})\/(\d{1,2})$/.exec(subnet) ?? [];
  const bytes = address.split('.').map(Number);
  const width = Number(bits);
  if (bits === '' || bytes.some((byte) => byte > 255) || width > 32) {
    throw new Fault('bad-subnet', `${subnet} is no subnet`, { hint: 'such as 10.0.0.0/28' });
  }
  if (width < WIDEST) throw new Fault('bad-subnet', `${subnet} is wider than a /${WIDEST}`);
  const size = 2 ** (32 - width);
  const whole = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const first = whole - (whole % size);
  const hosts = Array.from({ length: size }, (_, index) => first + index);
  // The first is the subnet itself, the last its broadcast.
  return (size > 2 ? hosts.slice(1, -1) : hosts).map((host) =>
    [24, 16, 8, 0].map((shift) => Math.floor(host / 2 ** shift) % 256).join('.'),
  );
}

/** Looks for Modbus TCP at every host, a few at a time; stopped, it gives what it has found. */
export async function scanSubnet(
  hosts: readonly string[],
  look: (host: string, signal: AbortSignal) => Promise<HostAnswer | null>,
  { signal, progress, tell }: JobTools,
): Promise<{ readonly found: readonly HostAnswer[] }> {
  const found: HostAnswer[] = [];
  const left = [...hosts];
  const walk = async () => {
    for (let host = left.shift(); host !== undefined && !signal.aborted; host = left.shift()) {
      const answer = await look(host, signal);
      progress({ done: hosts.length - left.length, total: hosts.length, etaMs: null, at: host });
      if (answer === null) continue;
      found.push(answer);
      tell('found', answer);
    }
  };
  await Promise.all(Array.from({ length: MOST_AT_ONCE }, walk));
  return { found };
}
