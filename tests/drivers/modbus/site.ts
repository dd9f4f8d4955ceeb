import type { ModbusDevice } from '../../../drivers/modbus/check.ts';
import { modbus } from '../../../drivers/modbus/kind.ts';
import type { ModbusPoint } from '../../../drivers/modbus/plan.ts';
import type { Point } from '../../../drivers/point.ts';

/** A point as a profile writes it: `holding 5 u16` and what differs from the defaults. */
export function makePoint(device: string, text: string, register: object = {}, rest: Partial<Point> = {}): ModbusPoint {
  const [table, address, type] = text.split(' ');
  const { register: parsed } = modbus.point.parse({ register: { table, address: Number(address), type, ...register } });
  const id = `${table}-${address}${parsed.bit === undefined ? '' : `.${parsed.bit}`}`;
  return {
    key: `${device}/${id}`,
    device,
    id,
    quantity: 'noise.la',
    everyMs: 1000,
    convert: { factor: 1, offset: 0 },
    ...rest,
    source: { register: parsed },
  };
}

export function makeDevice(
  id: string,
  address: number,
  points: readonly (string | ModbusPoint)[],
  profile: object = {},
  everyMs = 1000,
  options: object = {},
): ModbusDevice {
  return {
    id,
    options: modbus.device.parse({ address, ...options }),
    profile: modbus.profile.parse(profile),
    points: points.map((point) => (typeof point === 'string' ? makePoint(id, point, {}, { everyMs }) : point)),
  };
}
