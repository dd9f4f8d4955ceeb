import { describe, expect, test } from 'vitest';
import { answers, rtuSeal, silent, tcpSeal } from './fake-bus.ts';
import { Rig, type RigOptions } from './rig.ts';
import { makeDevice } from './site.ts';

/** Twenty units each second, each answering after 46 ms: nearly all that one after another can. */
const UNITS = Array.from({ length: 20 }, (_, index) => index + 1);
const MINUTES = 10;

async function run(options: RigOptions, dead: readonly number[]) {
  const seal = options.kind === 'tcp' ? tcpSeal : rtuSeal;
  const devices = UNITS.map((unit) => makeDevice(`u${unit}`, unit, ['holding 5 u16', 'holding 6 u16']));
  await using rig = new Rig(devices, options, (bus) => {
    for (const unit of UNITS) bus.slaves.set(unit, dead.includes(unit) ? silent : answers(seal, 43));
  }).read();
  await rig.clock.advance(MINUTES * 60_000);
  const good = new Map(UNITS.map((unit) => [unit, 0]));
  for (const { point, quality } of rig.batches.flat()) {
    const unit = Number(point.slice(1, point.indexOf('/')));
    if (quality === 'good') good.set(unit, (good.get(unit) ?? 0) + 1);
  }
  const alive = UNITS.filter((unit) => !dead.includes(unit)).map((unit) => good.get(unit) ?? 0);
  return { alive, least: Math.min(...alive), rig, asked: dead.map((unit) => rig.bus.count(unit)) };
}

describe.each([
  ['TCP, one in flight', { kind: 'tcp', window: 1 }, 0.99, 0.01],
  ['TCP, four in flight', { kind: 'tcp', window: 4 }, 0.99, 0.01],
  ['RTU', { kind: 'rtu' }, 0.95, 0.04],
] as const)('one dead unit among 20: %s', (_, options, keeps, share) => {
  test(`each of the others keeps ${keeps * 100} % of its rate, no collision on the wire`, async () => {
    const whole = await run(options, []);
    const hurt = await run(options, [7]);
    const expected = whole.least;
    expect(hurt.least / expected).toBeGreaterThanOrEqual(keeps);
    const window = options.kind === 'tcp' ? options.window : 1;
    const time = hurt.asked.reduce((sum, count) => sum + count, 0) * 1000;
    // After the first one, which nobody can foresee.
    expect((time - 1000) / (MINUTES * 60_000 * window)).toBeLessThanOrEqual(share);
    expect(hurt.asked[0]).toBeGreaterThan(1);
    if (options.kind === 'rtu') expect(hurt.rig.bus.collisions).toBe(0);
  });
});

test('five dead units cost no more than one', async () => {
  const { asked } = await run({ kind: 'rtu' }, [3, 7, 9, 12, 20]);
  const time = asked.reduce((sum, count) => sum + count, 0) * 1000;
  expect((time - 5000) / (MINUTES * 60_000)).toBeLessThanOrEqual(0.04);
  expect(Math.min(...asked)).toBeGreaterThan(1);
});

test('what went away together comes back together', async () => {
  const devices = UNITS.map((unit) => makeDevice(`u${unit}`, unit, ['holding 5 u16', 'holding 6 u16']));
  await using rig = new Rig(devices, {}, (bus) => {
    for (const unit of UNITS) bus.slaves.set(unit, unit < 5 ? answers(rtuSeal, 40) : silent);
  }).read();
  await rig.clock.advance(120_000);
  for (const unit of UNITS) rig.bus.slaves.set(unit, answers(rtuSeal, 40));
  await rig.clock.advance(40_000);
  const { devices: states } = rig.link.status();
  expect(Object.values(states).filter(({ answers }) => answers)).toHaveLength(20);
});
