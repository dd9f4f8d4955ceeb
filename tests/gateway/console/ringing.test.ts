import { describe, expect, test } from 'vitest';
import { groupsOf, IS_IN } from '../../../gateway/console/alarm-groups.ts';
import type { ListedAlarm } from '../../../gateway/console/api.ts';
import { isMuted, MUTE_MS, muteNow, ringingOf, ringOf } from '../../../gateway/console/ringing.ts';
import { NIGHT } from './night.ts';
import { responding } from './responding.ts';

const one = (more: Partial<ListedAlarm> = {}) => responding({}, { acknowledged: false, ...more });
const { watch } = one();
const NOBODY = { shelved: null, suppressedBy: null, outOfService: null };
const smoke = { ...watch, vital: true };

describe('the console rings for', () => {
  test.each<[string, ListedAlarm, 'real' | 'drill' | null]>([
    ['a red one that nobody has seen', one(), 'real'],
    ['a fire of any level', one({ level: 'orange', value: 'alarm', watch: smoke }), 'real'],
    ['no low battery of a smoke detector', one({ level: 'blue', value: 'low-battery', watch: smoke }), null],
    ['no orange one', one({ level: 'orange' }), null],
    ['none that somebody has seen', one({ acknowledged: true }), null],
    ['none that has returned', one({ condition: 'normal' }), null],
    ['none that is kept from people', one({ announced: { ...NOBODY, suppressedBy: 'chatter' } }), null],
    ["a drill's, by its own tone", one({ exercise: 'drill' }), 'drill'],
    ['no walk test', one({ exercise: 'test' }), null],
  ])('%s', (_sentence, alarm, wanted) => {
    expect(ringOf(ringingOf([alarm]))).toBe(wanted);
  });

  test('a real one beside a drill is real', () => {
    expect(ringOf(ringingOf([one({ exercise: 'drill' }), one()]))).toBe('real');
  });
});

describe('a mute', () => {
  const muted = muteNow([one()], 1000);
  test.each<[string, readonly ListedAlarm[], number, boolean]>([
    ['holds for what rang', [one()], 2000, true],
    ['ends by itself', [one()], 1000 + MUTE_MS, false],
    ['ends for a new one', [one(), one({ id: 'a-fire' })], 2000, false],
    ['ends for one that rises', [one({ level: 'orange' })], 2000, false],
    ['holds when one of them was seen', [], 2000, true],
  ])('%s', (_sentence, ringing, now, wanted) => {
    expect(isMuted(muted, ringing, now)).toBe(wanted);
  });
});

describe('the parts of the list', () => {
  test.each<[keyof typeof IS_IN, Partial<ListedAlarm>]>([
    ['called', {}],
    ['shelved', { announced: { ...NOBODY, shelved: { until: NIGHT, once: true, by: 'li' } } }],
    ['suppressed', { announced: { ...NOBODY, suppressedBy: 'work-order:7' } }],
    ['out-of-service', { announced: { ...NOBODY, outOfService: { owner: 'wang', until: null } } }],
    ['incident', { incident: 'i-1' }],
    ['stale', { staleAt: NIGHT }],
    ['exercise', { exercise: 'drill' }],
  ])('%s finds its own', (group, more) => {
    expect(IS_IN[group](one(more))).toBe(true);
    if (group !== 'called') expect(IS_IN[group](one())).toBe(false);
  });

  test('only those are offered that have something to show', () => {
    expect(groupsOf([one(), one()])).toEqual([]);
    const kept = one({ announced: { ...NOBODY, suppressedBy: 'chatter' } });
    expect(groupsOf([one(), kept])).toEqual([
      ['called', 1],
      ['suppressed', 1],
    ]);
  });
});
