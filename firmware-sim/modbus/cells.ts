import { bootedAt, shownAt } from '../physics/persona.ts';
import type { SimDevice, SimPoint, SimRegister, Table } from '../scenario.ts';
import type { SimTime } from '../sim-time.ts';
import { encodeWords, widthOf } from './registers.ts';

/** The four tables of one device: what its points show, what was written to it, and what else it holds. */
export interface Cells {
  /** Undefined where the device has nothing. */
  read(table: Table, address: number): number | undefined;
  /** False where the device has nothing that could be written. Lost when it boots anew. */
  write(table: Table, address: number, value: number): boolean;
}

export interface DeviceCells extends Cells {
  /** All that was written is gone, as when it has lost its power. */
  forget(): void;
}

/** Throws when a point has no register. */
export function openCells(device: SimDevice, start: number, time: SimTime): DeviceCells {
  const points = device.points.map((point) => {
    if (point.register === null) throw new Error(`${device.id}/${point.id}: register is missing`);
    return { point, register: point.register };
  });
  const written = new Map<string, number>();
  let boot = start;

  const measured = (table: Table, address: number, at: number): number | undefined => {
    let cell: number | undefined;
    for (const { point, register } of points) {
      if (register.table !== table || address < register.address) continue;
      if (address >= register.address + widthOf(register)) continue;
      const word = wordAt(device, point, register, address, boot, at);
      if (word !== undefined) cell = (cell ?? 0) | word;
    }
    return cell;
  };

  const read = (table: Table, address: number) => {
    const now = time.now();
    const since = bootedAt(device, start, now) ?? boot;
    if (since !== boot) written.clear();
    boot = since;
    const cell = device.mirrors.get(`${table} ${address}`) ?? `${table} ${address}`;
    return written.get(cell) ?? measured(table, address, now) ?? restAt(device, table, address);
  };
  return {
    read,
    write(table, address, value) {
      if (read(table, address) === undefined) return false;
      written.set(`${table} ${address}`, value);
      return true;
    },
    forget: () => written.clear(),
  };
}

function wordAt(
  device: SimDevice,
  point: SimPoint,
  register: SimRegister,
  address: number,
  boot: number,
  at: number,
): number | undefined {
  const shown = shownAt(device, point, boot, at);
  const raw = typeof shown === 'string' ? register.states[shown] : undefined;
  if (typeof shown === 'string' && raw === undefined) return undefined;
  const value = raw === undefined ? Number(shown) : raw * register.scale + register.offset;
  return encodeWords(register, value)[address - register.address];
}

function restAt({ profile }: SimDevice, table: Table, address: number): number | undefined {
  const memory = profile?.memory;
  if (memory === undefined || memory.forbidden.some(([from, to]) => address >= from && address <= to)) return undefined;
  const span = memory.spans[table];
  const isInside = span !== undefined && address >= span[0] && address <= span[1];
  return memory.cells.get(`${table} ${address}`) ?? (isInside ? 0 : undefined);
}
