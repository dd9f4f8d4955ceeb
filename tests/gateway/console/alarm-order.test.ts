import { describe, expect, test } from 'vitest';
import {
  asksForFiling,
  byUrgency,
  excessOf,
  isRise,
  risenFrom,
  stateOf,
} from '../../../gateway/console/alarm-order.ts';
import type { ListedAlarm } from '../../../gateway/console/api.ts';
import { ALARMS, ENTRIES } from './night.ts';

const find = (id: string): ListedAlarm => {
  const found = ALARMS.find((alarm) => alarm.id === id);
  if (found === undefined) throw new Error(id);
  return found;
};

describe('the order of the list', () => {
  test('highest level first, then those that nobody has seen, the returned last', () => {
    const ids = ALARMS.toSorted(byUrgency).map(({ id }) => id);
    expect(ids).toEqual(['a-water', 'a-unfiled', 'a-cover', 'a-rise', 'a-filed', 'a-road', 'a-silent']);
  });

  test('of two alike the one that changed last comes first', () => {
    const old = find('a-cover');
    const fresh = { ...old, id: 'fresh', changedAt: old.changedAt + 1 };
    expect([old, fresh].toSorted(byUrgency)[0]?.id).toBe('fresh');
  });

  test('an exercise comes after whatever is real', () => {
    const drill = { ...find('a-water'), id: 'drill', exercise: 'drill' as const };
    expect([drill, find('a-silent')].toSorted(byUrgency).map(({ id }) => id)).toEqual(['a-silent', 'drill']);
  });
});

test.each([
  ['active', false, 'UNACK'],
  ['active', true, 'ACKED'],
  ['normal', false, 'RTNUN'],
  ['normal', true, 'NORM'],
] as const)('%s and acknowledged %s is %s', (condition, acknowledged, state) => {
  expect(stateOf({ condition, acknowledged })).toBe(state);
});

describe('what rose', () => {
  const newestFirst = ENTRIES.toReversed();

  test('the flood rose from orange, as its last change says', () => {
    expect(risenFrom(find('a-water'), newestFirst)).toBe('orange');
  });

  test('one that was only raised rose from nothing', () => {
    expect(risenFrom(find('a-cover'), newestFirst)).toBeUndefined();
  });

  test('one that was acknowledged since is no news', () => {
    expect(risenFrom({ ...find('a-water'), acknowledged: true }, newestFirst)).toBeUndefined();
  });

  test('a level that falls is no rise, a raise is', () => {
    const [raised, acknowledged, risen] = ENTRIES;
    if (raised === undefined || acknowledged === undefined || risen === undefined) throw new Error('no entries');
    expect([raised, acknowledged, risen].map(isRise)).toEqual([true, false, true]);
    const fallen = { ...risen, data: { ...risen.data, level: 'blue', previousLevel: 'red' } as const };
    expect(isRise(fallen)).toBe(false);
  });
});

describe('what is said of the law', () => {
  test('the excess is over the legal limit, not over the threshold', () => {
    expect(excessOf(find('a-unfiled'))).toBeCloseTo(11.6);
  });

  test('no excess where the law names no number, or it is kept', () => {
    expect(excessOf(find('a-water'))).toBeUndefined();
    expect(excessOf({ ...find('a-unfiled'), value: 55 })).toBeUndefined();
  });

  test('only a legal night level asks for a filing: another alarm of the same site accuses nobody', () => {
    const unfiled = find('a-unfiled');
    expect(asksForFiling(unfiled)).toBe(true);
    expect(asksForFiling({ ...unfiled, watch: { ...unfiled.watch, permitKind: null } })).toBe(false);
    expect(asksForFiling(find('a-silent'))).toBe(false);
    expect(asksForFiling(find('a-water'))).toBe(false);
  });
});
