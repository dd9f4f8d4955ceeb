import { describe, expect, test } from 'vitest';
import type { AlarmAction } from '../../../gateway/alarms/action.ts';
import type { Alarm } from '../../../gateway/alarms/alarm.ts';
import { isRefused, stepAction } from '../../../gateway/alarms/lifecycle.ts';
import { RESPONSE_STAGES } from '../../../gateway/alarms/response.ts';
import { NO_PLAN } from '../../../gateway/alarms/response-plan.ts';
import type { ListedAlarm } from '../../../gateway/console/api.ts';
import { deedsOf, waitingFor } from '../../../gateway/console/response.ts';
import { rightsOf } from '../../../gateway/console/rights.ts';
import { NIGHT } from './night.ts';
import { responding } from './responding.ts';

const shelved = { shelved: { until: NIGHT, once: false, by: 'li' }, suppressedBy: null, outOfService: null };
const clock = (step: 'acknowledge' | 'arrive' | 'dispatch', dueInMs: number | null, tier = 1) => ({
  ...{ step, tier },
  dueAt: dueInMs === null ? null : NIGHT + dueInMs,
});

describe('what waits next', () => {
  test.each<[string, ListedAlarm, object | null]>([
    ['counts down to its time', responding(), { step: 'arrive', dueAt: NIGHT + 60_000, isLate: false }],
    [
      'is late once its time is over',
      responding({ clocks: [clock('arrive', -1000)] }),
      { step: 'arrive', isLate: true, tier: 1 },
    ],
    [
      'stays late while the next tier has its own time',
      responding({ clocks: [clock('arrive', 200_000, 2)] }),
      { isLate: true, tier: 2 },
    ],
    [
      'is not late because it began a tier higher',
      responding({ firstTier: 2, clocks: [clock('arrive', 200_000, 2)] }),
      { isLate: false },
    ],
    ['stays late when every tier was told', responding({ clocks: [clock('arrive', null, 3)] }), { isLate: true }],
    ['has no time where the plan gives none', responding({ clocks: [clock('arrive', null)] }), { isLate: false }],
    [
      'is the nearest of two',
      responding({ clocks: [clock('arrive', 90_000), clock('acknowledge', 30_000)] }),
      { step: 'acknowledge' },
    ],
    [
      'stands still while it is paused',
      responding({ paused: { untilAt: NIGHT + 5 }, clocks: [clock('arrive', -1000)] }),
      { isLate: false, pausedUntil: NIGHT + 5 },
    ],
    [
      'makes nobody late while nobody is called',
      responding({ clocks: [clock('arrive', -1000)] }, { announced: shelved }),
      { isLate: false },
    ],
    [
      'is nothing once it is normal before anybody was sent',
      responding({ stage: 'waiting', clocks: [clock('dispatch', 5)] }, { condition: 'normal', level: null }),
      null,
    ],
    ['is nothing of a closed one', responding({}, { closedAt: NIGHT }), null],
    ['is nothing where people owe nothing', responding({ stage: 'verified', clocks: [] }), null],
  ])('%s', (_sentence, alarm, wanted) => {
    const waiting = waitingFor(alarm, NIGHT);
    if (wanted === null) expect(waiting).toBeNull();
    else expect(waiting).toMatchObject(wanted);
  });
});

const context = {
  ...{ newId: () => 'id', encodeTime: (at: number) => String(at), trust: () => 'synchronised' as const },
  ...{ tickOf: (at: number) => at, atOf: (tick: number) => tick },
  ...{ lastClosed: () => null, lastClosedAt: () => null, plan: () => NO_PLAN },
};
const said = { alarm: 'a-flood', by: 'li', note: 'x' };
const ASKED = [
  { kind: 'accept', ...said },
  { kind: 'refuse', ...said },
  { kind: 'arrive', ...said },
  { kind: 'resolve', ...said },
  { kind: 'verify', ...said, passed: true },
  { kind: 'dispatch', ...said, to: '夜巡队' },
  { kind: 'verdict', ...said, verdict: 'true' },
  { kind: 'resume', ...said },
  { kind: 'pause', ...said, forMs: 60_000 },
] as const satisfies readonly AlarmAction[];

describe('what may be done', () => {
  const cases = RESPONSE_STAGES.flatMap((stage) =>
    (['active', 'normal'] as const).map((condition) => [stage, condition] as const),
  );

  test.each(cases)('to one that is %s and %s is what the gateway takes, and all of it', (stage, condition) => {
    const clocks = stage === 'verified' ? [] : [clock('arrive', 60_000)];
    const alarm = responding({ stage, clocks }, { condition, level: condition === 'active' ? 'red' : null });
    const offered = deedsOf(alarm, rightsOf('duty'));
    // The gateway's own clock beside the wall's, which its API leaves out.
    const own = {
      ...alarm,
      response: { ...alarm.response, clocks: clocks.map((each) => ({ ...each, dueTick: each.dueAt })) },
    } as Alarm;
    for (const asked of ASKED) {
      const outcome = stepAction(own, asked, NIGHT, context);
      const isTaken = outcome !== null && !isRefused(outcome);
      expect([asked.kind, offered.includes(asked.kind)]).toEqual([asked.kind, isTaken]);
    }
  });

  test.each<[string, Partial<ListedAlarm>, string, boolean]>([
    ['a latched one whose cause is gone is reset', { causeGoneAt: NIGHT }, 'reset', true],
    ['one whose cause stands is not', {}, 'reset', false],
    ['a flood is shelved', {}, 'shelve', true],
    ['smoke never is', { watch: { ...responding().watch, vital: true } }, 'shelve', false],
    ['what is shelved is unshelved', { announced: shelved }, 'unshelve', true],
    ['and not shelved again', { announced: shelved }, 'shelve', false],
    ['what a closed one turned out to be may still be said', { closedAt: NIGHT }, 'verdict', true],
    ['nobody is sent to it', { closedAt: NIGHT }, 'dispatch', false],
    ['and it is not shelved', { closedAt: NIGHT }, 'shelve', false],
  ])('%s', (_sentence, more, deed, isOffered) => {
    expect((deedsOf(responding({}, more), rightsOf('duty')) as readonly string[]).includes(deed)).toBe(isOffered);
  });

  test('a responder is offered his own steps alone', () => {
    expect(deedsOf(responding(), rightsOf('responder'))).toEqual(['accept', 'arrive', 'resolve', 'refuse']);
  });
});
