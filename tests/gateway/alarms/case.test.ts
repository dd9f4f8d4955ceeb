import { expect, test } from 'vitest';
import type { Alarm } from '../../../gateway/alarms/alarm.ts';
import { casesOf } from '../../../gateway/alarms/case.ts';
import { fakeAlarm } from '../../tools/fake-context.ts';

const HOUR = 3_600_000;
const NIGHT = Date.parse('2026-07-15T22:00:00+08:00');
const nightOf = (at: number) => new Date(at + 2 * HOUR).toISOString().slice(0, 10);
const alarm = (id: string, device: string, hours: number, more: Partial<Alarm> = {}): Alarm => {
  const base = fakeAlarm({ id, raisedAt: NIGHT + hours * HOUR, window: null, closedAt: null, ...more });
  return { ...base, watch: { ...base.watch, device, place: { grid: 'JS-07', at: more.watch?.place.at ?? null } } };
};
const response = (stage: NonNullable<Alarm['response']>['stage']): Partial<Alarm> => ({
  response: { plan: 'flood', level: 'red', stage, to: '排水班', firstTier: 1, clocks: [], paused: null, done: {} },
});
const told = (alarms: readonly Alarm[]) =>
  casesOf(alarms, nightOf).map(
    ({ id, state, alarms: own }) => `${id} ${state}: ${own.map((each) => each.id).join(' ')}`,
  );

test('alarms of one place and night are one case, also after midnight', () => {
  expect(told([alarm('b', 'water-02', 3), alarm('a', 'water-02', 1), alarm('c', 'water-05', 2)])).toEqual([
    '2026-07-15.water-05 received: c',
    '2026-07-15.water-02 received: a b',
  ]);
});

test('the next night is another case; the window’s date decides where there is one', () => {
  const window = { name: 'night', date: '2026-07-15' };
  expect(told([alarm('a', 'water-02', 1), alarm('b', 'water-02', 7.5, { window }), alarm('c', 'water-02', 9)])).toEqual(
    ['2026-07-16.water-02 received: c', '2026-07-15.water-02 received: a b'],
  );
});

test('devices at the very same spot are one place', () => {
  const at = { watch: { ...fakeAlarm().watch, place: { grid: 'JS-07', at: [120.7551, 30.7466] as const } } };
  expect(told([alarm('a', 'water-02', 1, at), alarm('b', 'cover-21', 2, at)])).toEqual([
    '2026-07-15.water-02 received: a b',
  ]);
});

test('how far a case has come', () => {
  const closed = { closedAt: NIGHT + 5 * HOUR };
  const states = (...own: Partial<Alarm>[]) =>
    casesOf(
      own.map((more, i) => alarm(`${i}`, 'd', i, more)),
      nightOf,
    )[0]?.state;
  expect(states({})).toBe('received');
  expect(states(response('waiting'))).toBe('received');
  expect(states(response('dispatched'), response('arrived'))).toBe('dispatched');
  expect(states(response('arrived'), response('resolved'))).toBe('handling');
  expect(states(response('resolved'), closed)).toBe('verifying');
  expect(states(closed, closed)).toBe('closed');
});

test('an exercise is no case', () => {
  expect(told([alarm('a', 'd', 1, { exercise: 'drill' })])).toEqual([]);
});
