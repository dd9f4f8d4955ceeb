import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Driver } from '../../drivers/driver.ts';
import { modbus } from '../../drivers/modbus/kind.ts';
import type { Reading } from '../../drivers/reading.ts';
import { openBus } from '../../firmware-sim/modbus/bus.ts';
import { openTcpUnits } from '../../firmware-sim/modbus/tcp-units.ts';
import { openSimTime } from '../../firmware-sim/sim-time.ts';
import { testWith, until } from '../tools/program.ts';
import { type Both, listenTo, scenarioOf, siteLinkOf } from './both-sides.ts';

const driver: Driver = modbus;
/** Less than a slow unit takes, and more than a machine that is busy. */
const TIMEOUT = '1s';

/** The vice of the first of two devices; the second has none. */
const pair = (persona: string, more: object = {}): Both[] => [
  {
    profile: 'renke-rs-zs',
    sim: { persona, delay: '2s', values: { la: 61.5 }, ...more },
    site: { address: 1, every: '100ms' },
  },
  { profile: 'renke-rs-zs', sim: { values: { la: 48.2 } }, site: { address: 2, every: '100ms' } },
];

const said = ({ value, quality, code }: Reading) => (quality === 'good' ? value : `${quality} ${code}`);
const of = (readings: readonly Reading[], device: string) => readings.filter(({ point }) => point === `${device}/la`);

interface Wanted {
  /** So many readings of each. */
  readonly often: number;
  /** Values of the two that must come, on a machine that is starved somewhat later. */
  readonly says?: readonly (readonly [device: string, says: string | number])[];
  readonly more?: object;
  /** What is counted at least once. */
  readonly counts?: string | undefined;
}

/** What the real driver says of the first device, and of the second, once all came that is wanted. */
async function listen(
  kind: 'tcp' | 'rtu',
  persona: string,
  { often, says = [], more = {}, counts }: Wanted,
): Promise<{ readonly vicious: readonly unknown[]; readonly neighbour: readonly unknown[] }> {
  const devices = pair(persona, more);
  const isTcp = kind === 'tcp';
  const scenario = scenarioOf(isTcp ? { kind: 'modbus-tcp' } : { kind: 'modbus-rtu', baud: 115_200 }, devices);
  const time = openSimTime(scenario.start, Date.now(), 1);
  await using stack = new AsyncDisposableStack();
  let where: object;
  if (isTcp) {
    const { port } = stack.use(await openTcpUnits(scenario, 'link', time, 0));
    where = { kind: 'modbus-tcp', host: '127.0.0.1', port, timeout: TIMEOUT };
  } else {
    const folder = mkdtempSync(join(tmpdir(), 'gengfu-vices-'));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    const [bus] = scenario.links;
    if (bus?.kind !== 'modbus-rtu') throw new Error('no bus');
    const line = stack.use(await openBus(scenario, bus, time, join(folder, 'tty')));
    where = { kind: 'modbus-rtu', port: line.where.port, baud: 115_200, timeout: TIMEOUT };
  }
  const heard = stack.use(await listenTo(driver, await siteLinkOf(where, devices)));
  await until(() => ['d0', 'd1'].every((id) => of(heard.readings, id).length >= often), `${often} readings each`);
  for (const [id, value] of says) {
    await until(() => of(heard.readings, id).some((each) => said(each) === value), `${id} to be ${value}`);
  }
  if (counts !== undefined) await until(() => (heard.counters()[counts] ?? 0) > 0, `something that is ${counts}`);
  return {
    vicious: of(heard.readings, 'd0').map(said),
    neighbour: of(heard.readings, 'd1').map(said),
  };
}

interface Row {
  readonly persona: string;
  /** What it must say at least once. */
  readonly says: string | number;
  /** What it may say besides, and nothing else. */
  readonly or?: readonly (string | number)[];
  /** What its neighbour may say beside the truth. */
  readonly harms?: string;
  /** What the driver counts. */
  readonly counts?: string;
}

/** A late answer lets its unit be waited for longer. */
const SLOW = { persona: 'slow', says: 'bad no-answer', or: [61.5], counts: 'late' };
const COMMON: readonly Row[] = [
  { persona: 'works', says: 61.5 },
  { persona: 'silent', says: 'bad no-answer', counts: 'timeouts' },
  SLOW,
  { persona: 'wrong-unit', says: 'bad no-answer', counts: 'foreign' },
  { persona: 'exception', says: 'bad exception-4', counts: 'exceptions' },
  { persona: 'busy', says: 'bad busy', counts: 'exceptions' },
  { persona: 'stuck', says: 61.5 },
];
/** Over TCP nothing tells where a frame begins that is not whole: the connection is made anew, for all behind it. */
const TCP: readonly Row[] = [
  ...COMMON,
  {
    persona: 'cut-off',
    says: 'bad link-down',
    or: ['bad out-of-range', 'bad no-answer'],
    harms: 'bad link-down',
    counts: 'nonsense',
  },
  { persona: 'nonsense', says: 'bad link-down', harms: 'bad link-down', counts: 'nonsense' },
  { persona: 'corrupt', says: 'bad corrupt', or: ['bad no-answer'] },
  { persona: 'echo', says: 'bad corrupt', or: ['bad no-answer'] },
];
const RTU: readonly Row[] = [
  ...COMMON,
  { persona: 'cut-off', says: 'bad corrupt', or: ['bad no-answer'], counts: 'short' },
  { persona: 'nonsense', says: 'bad corrupt', or: ['bad no-answer'], counts: 'nonsense' },
  { persona: 'corrupt', says: 'bad corrupt', or: ['bad no-answer'], counts: 'crc' },
  { persona: 'echo', says: 61.5, counts: 'echo' },
];

async function check(kind: 'tcp' | 'rtu', { persona, says, or = [], harms, counts }: Row) {
  const often = persona === 'busy' ? 2 : 5;
  const wanted = [['d0', says], ...(harms === undefined ? [['d1', 48.2] as const] : [])] as const;
  const { vicious, neighbour } = await listen(kind, persona, { often, says: wanted, counts });
  expect(vicious).toContain(says);
  // Before it is connected nobody says anything else.
  const connected = (values: readonly unknown[]) =>
    values.slice(values.findIndex((value) => value !== 'bad link-down'));
  // On a machine that is starved any request may end without its answer.
  const others = (values: readonly unknown[], known: readonly unknown[]) =>
    values.filter((value) => !known.includes(value) && value !== 'bad no-answer');
  expect(others(says === 'bad link-down' ? vicious : connected(vicious), [says, ...or])).toEqual([]);
  expect(others(harms === undefined ? connected(neighbour) : neighbour, [48.2, harms])).toEqual([]);
  if (harms === undefined) expect(neighbour).toContain(48.2);
}

describe.concurrent('vices', () => {
  test.each(TCP)('over TCP, of a unit that is $persona the driver says: $says', (row) => check('tcp', row));
  for (const row of RTU) {
    testWith('socat')(`on a bus, of a unit that is ${row.persona} the driver says: ${row.says}`, () =>
      check('rtu', row),
    );
  }

  test('a unit that drifts goes on from where it was, a good value each time', async () => {
    const { vicious } = await listen('tcp', 'drifting', { often: 8, more: { drift: 600 } });
    const values = vicious.filter((value) => typeof value === 'number');
    expect(values.at(-1)).toBeGreaterThan(values[0] ?? 0);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  });

  test('a unit that boots anew is silent meanwhile, and comes back by itself', async () => {
    const devices = pair('reboot', { reboot: { every: '1500ms', down: '700ms' } }).slice(0, 1);
    const scenario = scenarioOf({ kind: 'modbus-tcp' }, devices);
    await using units = await openTcpUnits(scenario, 'link', openSimTime(scenario.start, Date.now(), 1), 0);
    const where = { kind: 'modbus-tcp', host: '127.0.0.1', port: units.port, timeout: '300ms' };
    await using heard = await listenTo(driver, await siteLinkOf(where, devices));
    // A lone unit that is mute has its connection made anew: that is silence too.
    const story = () =>
      of(heard.readings, 'd0')
        .map(({ quality, value }) => (quality === 'good' ? value : quality))
        .filter((each, index, all) => each !== all[index - 1] && !(index === 0 && each === 'bad'));
    await until(() => story().length >= 3, 'good, silent and good again');
    expect(story().slice(0, 3)).toEqual([61.5, 'bad', 61.5]);
  });
});
