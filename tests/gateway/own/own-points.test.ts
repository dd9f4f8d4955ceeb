import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Reading } from '../../../drivers/reading.ts';
import type { Trust } from '../../../gateway/kit/clock.ts';
import { OwnPoints } from '../../../gateway/own/own-points.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { until } from '../../tools/program.ts';

type State = 'up' | 'down' | 'connecting';

function open(keys: readonly string[], data = tmpdir()) {
  const clock = new FakeClock(0);
  const states: Record<string, State> = { 'bus-1': 'connecting' };
  const links = new Map([['bus-1', { status: () => ({ state: states['bus-1'] ?? 'down' }) }]]);
  const outputs: { id: string; safe: string; is: string | null; code: string | null }[] = [];
  const readings: Reading[] = [];
  const own = new OwnPoints({
    points: keys.map((key) => ({ key })),
    data,
    links,
    outputs: { list: () => outputs },
    sinks: new Map([2, 7].map((backlog) => [`${backlog}`, { status: () => ({ backlog }) }])),
    clock,
    wire: clock,
    take: (batch) => readings.push(...batch),
  });
  /** What was told since the last time: seconds, point, value or code. */
  const told = (): string[] =>
    readings.splice(0).map(({ at, point, value, code }) => `${at / 1000} ${point} ${value ?? `bad ${code}`}`);
  return { clock, states, outputs, own, told, readings };
}

const LINK = 'link:bus-1/state';

test('a link has no state before its first connection, is told within a second of a change, and every 10 s', async () => {
  const { clock, states, own, told } = open([LINK]);
  await clock.advance(500);
  expect(told()).toEqual([`0 ${LINK} bad connecting`]);
  states['bus-1'] = 'up';
  await clock.advance(1000);
  expect(told()).toEqual([`1 ${LINK} up`]);
  await clock.advance(9000);
  expect(told()).toEqual([`10 ${LINK} up`]);
  states['bus-1'] = 'down';
  await clock.advance(1000);
  // It is being connected again: that is still down.
  states['bus-1'] = 'connecting';
  await clock.advance(1000);
  expect(told()).toEqual([`11 ${LINK} down`]);
  states['bus-1'] = 'up';
  await clock.advance(1000);
  expect(told()).toEqual([`13 ${LINK} up`]);
  own[Symbol.dispose]();
  await clock.advance(60_000);
  expect(told()).toEqual([]);
});

test("the clock's trust is told at once, the backlog every 10 s, and only points of the site", async () => {
  const { clock, told } = open(['gateway/clock', 'gateway/backlog']);
  clock.trusted = 'holding' satisfies Trust;
  await clock.advance(10_000);
  expect(told()).toEqual([
    '0 gateway/clock synchronised',
    '0 gateway/backlog 7',
    '1 gateway/clock holding',
    '10 gateway/clock holding',
    '10 gateway/backlog 7',
  ]);
});

test('an output is told within a second of a change, as uncertain while it does not follow', async () => {
  const { clock, outputs, told } = open(['output:siren/state', 'output:siren/followed']);
  const siren = { id: 'siren', safe: 'off', is: null as string | null, code: null as string | null };
  outputs.push(siren);
  await clock.advance(1000);
  expect(told()).toEqual(['1 output:siren/state bad starting', '1 output:siren/followed bad starting']);
  siren.is = 'off';
  await clock.advance(1000);
  expect(told()).toEqual(['2 output:siren/state off', '2 output:siren/followed followed']);
  siren.is = 'slow';
  await clock.advance(1000);
  expect(told()).toEqual(['3 output:siren/state on']);
  siren.code = 'no-answer';
  await clock.advance(1000);
  expect(told()).toEqual(['4 output:siren/state on', '4 output:siren/followed failed']);
  await clock.advance(6000);
  expect(told()).toEqual(['10 output:siren/state on', '10 output:siren/followed failed']);
});

test('the disk is told as a share of what may be used; one that is not there as bad', async () => {
  const there = open(['gateway/disk']);
  const found = await until(() => there.readings[0], 'a reading of the disk');
  expect(found.quality).toBe('good');
  expect(Number(found.value)).toBeGreaterThanOrEqual(0);
  expect(Number(found.value)).toBeLessThanOrEqual(100);
  const none = open(['gateway/disk'], join(tmpdir(), 'gengfu-no-such-directory'));
  await until(() => none.readings.length > 0, 'a reading of no disk');
  expect(none.told()).toEqual(['0 gateway/disk bad ENOENT']);
});
