import type { Device, LinkSpec, SpecProblem } from '../driver.ts';
import type { ModbusDevice } from './check.ts';
import { parsePacket } from './packet.ts';

export const DIAL_IN = 'modbus-dial-in';

/** What the device of a dialled-in unit must say beside its address. */
export interface Registered {
  readonly registration?: string | undefined;
}

export type DialInDevice = ModbusDevice & Device<Registered & { readonly address: number }>;

/** Problems of devices on a link of this kind. Addresses are told apart within one registration. */
export function checkRegistrations(link: LinkSpec<unknown, DialInDevice>): SpecProblem[] {
  const problem = (device: string, message: string): SpecProblem[] => [
    { device, field: 'registration', severity: 'error', message },
  ];
  return link.devices.flatMap(({ id, options }) => {
    const isGiven = options.registration !== undefined;
    if (link.kind !== DIAL_IN) return isGiven ? problem(id, `no unit dials in on a link of kind ${link.kind}`) : [];
    return isGiven ? [] : problem(id, `on ${link.id} units dial in: say with registration which one this is`);
  });
}

/** A link's devices by the bus that they are on. */
export function bySerialBus<D extends { readonly options: Registered }>(devices: readonly D[]): Map<string, D[]> {
  const nameOf = ({ options }: D) => parsePacket(options.registration ?? '')?.toString('hex') ?? '';
  return Map.groupBy(devices, nameOf);
}
