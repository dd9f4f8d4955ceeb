import type { Device, LinkSpec, SpecProblem } from '../driver.ts';
import { type BlockRules, DEFAULT_BLOCKS, isForbidden, type ModbusPoint } from './plan.ts';
import { type Register, widthOf } from './register.ts';

/** How a device wants to be asked: its own, else its profile's, else its link's. */
export interface Timing {
  readonly timeout?: number | undefined;
  readonly retries?: number | undefined;
  readonly turnaround?: number | undefined;
  readonly byteGap?: number | undefined;
}

export interface DeviceOptions extends Timing {
  readonly address: number;
}

export interface ProfileOptions extends Timing {
  readonly blocks?: BlockRules | undefined;
  readonly warmUp?: number | undefined;
}

export type ModbusDevice = Device<DeviceOptions, ProfileOptions, { readonly register: Register }>;
export type ModbusLink = LinkSpec<unknown, ModbusDevice>;

/** All problems of one link's devices. */
export function checkLink(link: ModbusLink): SpecProblem[] {
  return [...checkAddresses(link), ...link.devices.flatMap(checkRegisters)];
}

function checkAddresses(link: ModbusLink): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const taken = new Map<number, string>();
  for (const device of link.devices) {
    const { address } = device.options;
    const at = { device: device.id, field: 'address' };
    const other = taken.get(address);
    if (other !== undefined) {
      const message = `unit address ${address} is used twice on ${link.id}: also by ${other}`;
      problems.push({ ...at, severity: 'error', message });
    }
    taken.set(address, other ?? device.id);
    const why = warnOf(link.kind, address);
    if (why !== undefined) problems.push({ ...at, severity: 'warning', message: `unit address ${address} ${why}` });
  }
  return problems;
}

function warnOf(kind: string, address: number): string | undefined {
  // A device with an IP address of its own is asked as 0 or 255 (Messaging on TCP/IP V1.0b, 4.4.1.2).
  if (kind === 'modbus-tcp' && (address === 0 || address === 255)) return undefined;
  if (address === 0) return 'is the broadcast address: no device answers it on a serial line';
  if (address > 247) return 'is reserved: devices have 1 to 247';
  return undefined;
}

function checkRegisters(device: ModbusDevice): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const rules = device.profile.blocks ?? DEFAULT_BLOCKS;
  const add = (point: ModbusPoint, message: string) =>
    problems.push({ device: device.id, point: point.id, severity: 'error', message });
  device.points.forEach((point, index) => {
    const { register } = point.source;
    const last = register.address + widthOf(register) - 1;
    if (last > 0xffff) add(point, `register ${register.address} as ${register.type} goes beyond 65535`);
    if (isForbidden(rules, register.table, register.address, last)) {
      add(point, `register ${register.address} is in a range that the profile forbids`);
    }
    for (const other of device.points.slice(0, index)) {
      if (!clash(register, other.source.register)) continue;
      const { address, type } = other.source.register;
      add(point, `${register.type} at ${register.address} overlaps ${other.id}, which is ${type} at ${address}`);
    }
  });
  return problems;
}

/** Two values share a register and cannot both be right. One bit of a register beside the whole of it can. */
function clash(a: Register, b: Register): boolean {
  if (a.table !== b.table) return false;
  if (a.address + widthOf(a) <= b.address || b.address + widthOf(b) <= a.address) return false;
  if (a.type === 'bit' || b.type === 'bit') return false;
  return a.type !== b.type || a.order !== b.order || a.address !== b.address;
}
