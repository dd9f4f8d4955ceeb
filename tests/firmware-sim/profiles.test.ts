import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadProfile } from '../../config/lone-device.ts';
import type { PointModel } from '../../config/point-model.ts';
import { listShipped, type Profile } from '../../config/profiles.ts';
import type { SiteLink } from '../../config/site.ts';
import type { Driver } from '../../drivers/driver.ts';
import { drivers } from '../../drivers/index.ts';
import { modbus } from '../../drivers/modbus/kind.ts';
import { openBus } from '../../firmware-sim/modbus/bus.ts';
import { openTcpUnits } from '../../firmware-sim/modbus/tcp-units.ts';
import { openSimTime } from '../../firmware-sim/sim-time.ts';
import { readOnce } from '../../gateway/trial/read-once.ts';
import { testWith } from '../tools/program.ts';
import { type Both, PROFILES, scenarioOf, siteLinkOf } from './both-sides.ts';

const driver: Driver = modbus;
const models: Profile[] = [];
for (const name of await listShipped(PROFILES)) {
  const { model } = await loadProfile(join(PROFILES, `${name}.yaml`), drivers);
  if (model?.profile.driver.protocol === 'modbus' && !model.profile.isTemplate) models.push(model.profile);
}

/** Where the gauges of the tests hang, so that what they show is of both sides. */
const heightOf = ({ tests }: Profile): object => {
  const height = tests[0]?.height;
  return height === undefined ? {} : { height: `${height}mm` };
};
const devices: Both[] = models.map((model, n) => ({
  profile: model.id,
  site: { address: n + 1, ...heightOf(model) },
}));

interface Wanted {
  readonly key: string;
  readonly value: unknown;
}
const near = (value: unknown) => (typeof value === 'number' ? expect.closeTo(value, 6) : value);
const asGood = ({ key, value }: Wanted) => ({ key, value: near(value), quality: 'good' });

async function readAll(link: SiteLink, wanted: readonly Wanted[]) {
  const { readings } = await readOnce(driver, link, 120_000);
  return wanted.map(({ key }) => ({ key, value: readings.get(key)?.value, quality: readings.get(key)?.quality }));
}

const firstTests: Wanted[] = models.flatMap(({ tests }, n) =>
  Object.entries(tests[0]?.expect ?? {}).map(([point, value]) => ({ key: `d${n}/${point}`, value })),
);

test('each model that ships, simulated from its own data alone, is read by the real driver as its first test says', async () => {
  const scenario = scenarioOf({ kind: 'modbus-tcp' }, devices);
  const time = openSimTime(scenario.start, Date.now(), 1);
  await using units = await openTcpUnits(scenario, 'link', time, 0);
  const link = await siteLinkOf({ kind: 'modbus-tcp', host: '127.0.0.1', port: units.port, timeout: '30s' }, devices);
  expect(firstTests.length).toBeGreaterThan(40);
  expect(await readAll(link, firstTests)).toEqual(firstTests.map(asGood));
});

/** What a point of the model can be made to show: its last state, or about a third up its range. */
function shownBy({ range, states, source }: PointModel): number | string {
  if (states !== undefined) return Object.values(states).at(-1) ?? '';
  const { scale } = (source as { register: { scale: number } }).register;
  const [low, high] = range ?? [0, 300];
  return Math.round((low + (high - low) * 0.37) / scale) * scale;
}

test('what a scenario makes it show is what the real driver reads', async () => {
  const told = models.map((model) =>
    model.points.map(({ model: point }) => point).filter((point) => point.height === undefined),
  );
  const values = told.map((points) => Object.fromEntries(points.map((point) => [point.id, shownBy(point)])));
  const scenario = scenarioOf(
    { kind: 'modbus-tcp' },
    devices.map((device, n) => ({ ...device, sim: { values: values[n] } })),
  );
  const time = openSimTime(scenario.start, Date.now(), 1);
  await using units = await openTcpUnits(scenario, 'link', time, 0);
  const link = await siteLinkOf({ kind: 'modbus-tcp', host: '127.0.0.1', port: units.port, timeout: '30s' }, devices);
  const wanted = told.flatMap((points, n) =>
    points.map(({ id, convert }) => {
      const value = values[n]?.[id];
      const isNumber = typeof value === 'number';
      return { key: `d${n}/${id}`, value: isNumber ? value * convert.factor + convert.offset : value };
    }),
  );
  expect(wanted.length).toBeGreaterThan(40);
  const found = await readAll(link, wanted);
  // As near as its registers can tell.
  expect(found.map(({ quality }) => quality)).toEqual(wanted.map(() => 'good'));
  for (const [n, { key, value }] of wanted.entries()) {
    if (typeof value === 'number') expect(Math.abs(Number(found[n]?.value) - value), key).toBeLessThan(0.005);
    else expect(found[n]?.value, key).toBe(value);
  }
});

testWith('socat')('over a serial line it is the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gengfu-models-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const scenario = scenarioOf({ kind: 'modbus-rtu', baud: 115_200 }, devices);
  const [bus] = scenario.links;
  if (bus?.kind !== 'modbus-rtu') throw new Error('no bus');
  const time = openSimTime(scenario.start, Date.now(), 1);
  await using line = await openBus(scenario, bus, time, join(folder, 'tty'));
  const link = await siteLinkOf({ kind: 'modbus-rtu', port: line.where.port, baud: 115_200, timeout: '30s' }, devices);
  expect(await readAll(link, firstTests)).toEqual(firstTests.map(asGood));
  expect(line.counters.collisions).toBe(0);
});
