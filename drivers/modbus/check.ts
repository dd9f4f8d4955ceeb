import type { Device, LinkSpec, SpecProblem } from '../driver.ts';
import { TYPES } from './decode.ts';
import { roundTo } from './encode.ts';
import { type BlockRules, DEFAULT_BLOCKS, isForbidden, type ModbusPoint } from './plan.ts';
import type { Register } from './register.ts';
import { plansOf, settingOf } from './unit.ts';
import { ownShareOf, type Pace, shareOf } from './use.ts';
import { widthOf } from './width.ts';

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

/** What requests take on a link; `wire` names its speed for a person. */
export interface LinkUse {
  readonly pace: Pace;
  readonly wire: string;
  readonly turnaroundMs: number | undefined;
}

/** All problems of one link's devices. */
export function checkLink(link: ModbusLink, use: LinkUse): SpecProblem[] {
  return [...checkAddresses(link), ...link.devices.flatMap(checkRegisters), ...checkUse(link, use)];
}

/** What is asked for must fit into the link's time, and into each device's own: told once, at the one that needs most. */
function checkUse(link: ModbusLink, { pace, wire, turnaroundMs = 0 }: LinkUse): SpecProblem[] {
  const shares = link.devices.map((device) => {
    const plans = plansOf(device);
    const restMs = settingOf(device, 'turnaround') ?? turnaroundMs;
    return { device, restMs, share: shareOf(plans, pace), own: ownShareOf(plans, pace, restMs) };
  });
  const whole = shares.reduce((sum, { share }) => sum + share, 0);
  const percent = (share: number) => `${Math.ceil(share * 100 - 1e-6)} %`;
  const problem = ({ id }: ModbusDevice, message: string): SpecProblem[] => [
    { device: id, field: 'link', severity: 'warning', message },
  ];
  const [most] = shares.toSorted((a, b) => b.share - a.share);
  if (whole > 1 && most !== undefined) {
    return problem(
      most.device,
      `the devices together need ${percent(whole)} of ${link.id}${wire}, this one ${percent(most.share)}: ` +
        'some polls will come too late; read them less often, faster, or over more than one link',
    );
  }
  const [busiest] = shares.toSorted((a, b) => b.own - a.own);
  if (busiest === undefined || busiest.own <= 1) return [];
  const rests = busiest.restMs > 0 ? `, its rests of ${busiest.restMs} ms with it` : '';
  return problem(
    busiest.device,
    `it is asked one thing at a time and needs ${percent(busiest.own)} of its own time${rests}: ` +
      'some polls will come too late; read it less often, or more at once',
  );
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
    // A device with an IP address of its own is asked as 0 or 255 (Messaging on TCP/IP V1.0b, 4.4.1.2).
    if (link.kind === 'modbus-tcp' && (address === 0 || address === 255)) continue;
    if (address === 0) {
      const message = 'unit address 0 is the broadcast address: no device answers it on a serial line';
      problems.push({ ...at, severity: 'error', message });
    } else if (address > 247) {
      // Some makers use 250 or 255 all the same (Modbus over Serial Line V1.02, 2.2), so it is not refused.
      const message = `unit address ${address} is reserved: devices have 1 to 247`;
      problems.push({ ...at, severity: 'warning', message });
    }
  }
  return problems;
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
    if (register.unit !== undefined && point.units === undefined) {
      add(point, 'register.unit: say under units which code of that register is which unit');
    }
    if (register.unit === undefined && point.units !== undefined) {
      add(point, 'units: say under register.unit where the device keeps the code');
    }
    for (const raw of point.invalid ?? []) {
      const why = whyNeverRead(register, raw);
      if (why !== undefined) problems.push({ device: device.id, point: point.id, severity: 'warning', message: why });
    }
    for (const other of device.points.slice(0, index)) {
      if (!clash(register, other.source.register)) continue;
      const { address, type } = other.source.register;
      add(point, `${register.type} at ${register.address} overlaps ${other.id}, which is ${type} at ${address}`);
    }
  });
  return problems;
}

/** A value without a meaning that is written otherwise than it is read would be taken for a good one. */
function whyNeverRead({ type }: Register, raw: number): string | undefined {
  const nearest = roundTo(type, raw);
  if (nearest === raw) return undefined;
  // A word such as 0x8000, of a type with a sign.
  const wrapped = raw - 2 ** (16 * TYPES[type]);
  const meant = nearest ?? (roundTo(type, wrapped) === wrapped ? wrapped : undefined);
  return `invalid: a raw value of type ${type} is never ${raw}${meant === undefined ? '' : `; write ${meant}`}`;
}

/** Two values share a register and cannot both be right. One bit of a register beside the whole of it can. */
function clash(a: Register, b: Register): boolean {
  if (a.table !== b.table) return false;
  if (a.address + widthOf(a) <= b.address || b.address + widthOf(b) <= a.address) return false;
  if (a.type === 'bit' || b.type === 'bit') return false;
  return a.type !== b.type || a.order !== b.order || a.address !== b.address;
}
