import type { SiteDevice } from '../../config/site.ts';
import type { ModbusDevice } from '../../drivers/modbus/check.ts';
import { OwnScale } from '../../drivers/modbus/own-scale.ts';
import { type Block, DEFAULT_BLOCKS, type ModbusPoint, planPolls } from '../../drivers/modbus/plan.ts';
import { settingOf } from '../../drivers/modbus/unit.ts';
import { readValue } from '../../drivers/modbus/values.ts';
import { widthOf } from '../../drivers/modbus/width.ts';
import type { ReadBlock } from '../commissioning/read.ts';

export interface ReadPlan {
  readonly unit: number;
  /** The device's own, or its model's. */
  readonly timeoutMs: number | undefined;
  readonly blocks: readonly ReadBlock[];
}

/** How a Modbus device of the site is read once: all its points, or one of them. */
export function planRead(device: SiteDevice, only: string | undefined): ReadPlan {
  // Its driver's schemas have checked what it is made of.
  const modbus = device as unknown as ModbusDevice;
  const unitOf = new Map(device.points.map(({ id, unit }) => [id, unit]));
  const wanted = modbus.points.filter(({ id }) => only === undefined || id === only);
  const points = wanted.map((point) => ({ ...point, everyMs: 1000 }));
  const own = new OwnScale(points);
  const rules = modbus.profile.blocks ?? DEFAULT_BLOCKS;
  const plan = (some: readonly ModbusPoint[]) =>
    planPolls(modbus.options.address, some, rules).flatMap(({ blocks }) => blocks);
  const cells = plan(own.cells);
  const said = new Map<string, ReturnType<typeof readValue>>();
  return {
    unit: modbus.options.address,
    timeoutMs: settingOf(modbus, 'timeout'),
    blocks: [
      ...cells.map(
        (block): ReadBlock => ({
          question: questionOf(block),
          points: [],
          take(data) {
            for (const cell of block.points) said.set(cell.id, readValue(cell, data, offsetOf(cell, block)));
            const values = own.cells.map((cell) => said.get(cell.id) ?? { value: null, quality: 'bad' as const });
            own.take(own.cells, values, 0);
          },
        }),
      ),
      ...plan(points).map(
        (block): ReadBlock => ({
          question: questionOf(block),
          points: block.points.map((point) => ({
            id: point.id,
            unit: unitOf.get(point.id) ?? null,
            at: offsetOf(point, block),
            width: widthOf(point.source.register),
            isUnsigned: point.source.register.type === 'u16' && point.states === undefined,
            decode: (data) => readValue(point, data, offsetOf(point, block), own),
          })),
        }),
      ),
    ],
  };
}

const offsetOf = (point: ModbusPoint, { request }: Block): number => point.source.register.address - request.address;

const questionOf = ({ request, points }: Block): ReadBlock['question'] => ({
  table: points[0]?.source.register.table ?? 'holding',
  address: request.address,
  count: request.count,
});
