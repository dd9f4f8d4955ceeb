import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadProfile } from '../../config/lone-device.ts';
import type { PointModel } from '../../config/point-model.ts';
import { listShipped, type Profile } from '../../config/profiles.ts';
import { drivers } from '../../drivers/index.ts';
import { until } from '../tools/program.ts';
import { type Both, PROFILES } from './both-sides.ts';
import { KINDS, type Kind, runLink } from './link-kinds.ts';

const models: Profile[] = [];
for (const name of await listShipped(PROFILES)) {
  const { model } = await loadProfile(join(PROFILES, `${name}.yaml`), drivers);
  if (model !== null && !model.profile.isTemplate) models.push(model.profile);
}
const isLorawan = ({ options }: Profile) => (options as { codec?: string }).codec !== undefined;
const of = (protocol: string) => models.filter(({ driver }) => driver.protocol === protocol);

/** Each kind of link with the models that can stand on it. */
const ROWS: readonly (readonly [string, Kind, readonly Profile[]])[] = [
  ['mqtt', KINDS.mqtt, of('mqtt').filter((model) => !isLorawan(model))],
  ['lorawan', KINDS.lorawan, of('mqtt').filter(isLorawan)],
  ['hj212', KINDS.hj212, of('hj212')],
  ['http', KINDS.http, of('http')],
  ['modbus-dial-in', KINDS['modbus-dial-in'], of('modbus')],
];

/** Given by the network server, or by the radio, and not by the device. */
const isOfTheRadio = ({ source }: PointModel) =>
  ['signal', 'snr', 'status-battery'].includes(String((source as { field?: string }).field));

/** What a simulated device does not send, or sends alone. */
const NOT_SENT: readonly string[] = ['dragino-ldds75/temperature', 'milesight-em400-udl/threshold'];

/** What a point can be made to show: its last state, or about a third up its range, in steps that any of them has. */
function shownBy(point: PointModel, index: number): number | string {
  // Of a camera's events one comes at a time.
  if ((point.source as { holdFor?: number }).holdFor !== undefined) return index === 0 ? 'alarm' : 'normal';
  if (point.states !== undefined) return Object.values(point.states).at(-1) ?? '';
  const { register } = point.source as { register?: { scale: number } };
  const [low, high] = point.range ?? [0, 8];
  const value = low + (high - low) * 0.37;
  return register === undefined ? Math.round(value) : Math.round(value / register.scale) * register.scale;
}

/** The points of a model that its simulated device can say something of. */
const toldBy = ({ id, points }: Profile): PointModel[] =>
  points
    .map(({ model }) => model)
    .filter((point) => point.height === undefined && !isOfTheRadio(point))
    .filter((point) => !NOT_SENT.includes(`${id}/${point.id}`));

describe.each(ROWS)('over a link of kind %s', (_name, kind, own) => {
  test('each model that ships is read by the real driver as its scenario makes it', async () => {
    const told = own.map(toldBy);
    const values = told.map((points) => Object.fromEntries(points.map((point, n) => [point.id, shownBy(point, n)])));
    const devices = own.map((model, n): Both => {
      const isHung = model.points.some((point) => point.model.height !== undefined);
      return { profile: model.id, sim: { every: '1s', values: values[n] }, site: isHung ? { height: '1.2m' } : {} };
    });
    await using heard = await runLink(kind, devices);
    const wanted = told.flatMap((points, n) =>
      points.map(({ id, convert }) => {
        const value = values[n]?.[id];
        const isNumber = typeof value === 'number';
        return { key: `d${n}/${id}`, value: isNumber ? value * convert.factor + convert.offset : value };
      }),
    );
    expect(wanted.length).toBeGreaterThan(1);
    const last = (key: string) => heard.readings.findLast(({ point }) => point === key);
    const missing = () =>
      wanted.filter(({ key, value }) => {
        const read = last(key);
        if (read?.quality !== 'good') return true;
        return typeof value === 'number' ? Math.abs(Number(read.value) - value) > 0.01 : read.value !== value;
      });
    await until(() => missing().length === 0, 'all values').catch(() => {});
    expect(
      missing().map((each) => ({ ...each, model: own[Number(/\d+/.exec(each.key))]?.id, last: last(each.key) })),
    ).toEqual([]);
  });
});
