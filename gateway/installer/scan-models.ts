import { join } from 'node:path';
import { ROOT } from '#kit/root.ts';
import { loadProfile } from '../../config/lone-device.ts';
import { listShipped } from '../../config/profiles.ts';
import { drivers } from '../../drivers/index.ts';
import { OwnScale } from '../../drivers/modbus/own-scale.ts';
import { type Block, type BlockRules, DEFAULT_BLOCKS, type ModbusPoint, planPolls } from '../../drivers/modbus/plan.ts';
import { readValue } from '../../drivers/modbus/values.ts';
import type { Qualified } from '../../drivers/point.ts';
import type { ModelProbe, ModelRead } from '../commissioning/identify.ts';
import type { ModelSerial } from '../commissioning/scan-order.ts';

const SHIPPED = join(ROOT, 'config', 'profiles');

let loaded: Promise<readonly ModelProbe[]> | undefined;

/** The Modbus models that ship, as a scan tries them. Read once. */
export const scanModels = (): Promise<readonly ModelProbe[]> => {
  loaded ??= load();
  return loaded;
};

async function load(): Promise<readonly ModelProbe[]> {
  const models: ModelProbe[] = [];
  for (const name of await listShipped(SHIPPED)) {
    const { model } = await loadProfile(join(SHIPPED, `${name}.yaml`), drivers);
    if (model === null || model.profile.isTemplate || model.profile.driver.protocol !== 'modbus') continue;
    const { profile, entry } = model;
    // The driver's own schema has checked them.
    const { serial = {}, blocks = DEFAULT_BLOCKS } = profile.options as { serial?: ModelSerial; blocks?: BlockRules };
    const points = profile.points.map(({ model: point }): ModbusPoint => {
      const { id, quantity, source, convert, units, range, invalid, states } = point;
      const own = { quantity, convert, units, range, invalid, states };
      return { key: id, device: name, id, everyMs: 1000, source: source as ModbusPoint['source'], ...own };
    });
    const title = (entry.value as { title?: { zh?: string } }).title?.zh ?? name;
    models.push({ profile: name, title, serial, reads: () => readsOf(points, blocks) });
  }
  return models;
}

/** Where a device says itself how its values are to be read, that is asked first. */
function readsOf(points: readonly ModbusPoint[], rules: BlockRules): ModelRead[] {
  const own = new OwnScale(points);
  const plan = (some: readonly ModbusPoint[]) => planPolls(1, some, rules).flatMap(({ blocks }) => blocks);
  const said = new Map<string, Qualified>();
  const take = (cell: ModbusPoint, value: Qualified) => {
    said.set(cell.id, value);
    const nothing: Qualified = { value: null, quality: 'bad' };
    own.take(
      own.cells,
      own.cells.map(({ id }) => said.get(id) ?? nothing),
      0,
    );
  };
  const cells = plan(own.cells).map((block) =>
    readOf(block, (cell, data, offset) => {
      take(cell, readValue(cell, data, offset));
      return undefined;
    }),
  );
  const isGood = (point: ModbusPoint, data: Uint8Array, offset: number) =>
    readValue(point, data, offset, own).quality === 'good';
  return [...cells, ...plan(points).map((block) => readOf(block, isGood))];
}

/** `judge` says whether a point has a value; undefined for what counts as none. */
function readOf(
  { request, points }: Block,
  judge: (point: ModbusPoint, data: Uint8Array, offset: number) => boolean | undefined,
): ModelRead {
  const { address, count } = request;
  const table = points[0]?.source.register.table ?? 'holding';
  return {
    question: { table, address, count },
    judge(data) {
      if (data.length === 0) return { good: 0, of: points.length };
      const judged = points.map((point) => judge(point, data, point.source.register.address - address));
      return {
        good: judged.filter((isGood) => isGood === true).length,
        of: judged.filter((isGood) => isGood !== undefined).length,
      };
    },
  };
}
