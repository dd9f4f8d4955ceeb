import { describe, expect, test } from 'vitest';
import type { Alarm } from '../../../gateway/alarms/alarm.ts';
import type { AlarmData } from '../../../gateway/alarms/alarm-event.ts';
import type { WantedCall } from '../../../gateway/notify/call.ts';
import { maskedName, maskedPhone } from '../../../gateway/notify/people.ts';
import { onDuty, ROUTINE } from '../../../gateway/notify/roster.ts';
import { callsAbove, callsOf, type Roll, standingFor } from '../../../gateway/notify/route.ts';
import type { Level } from '../../../gateway/rules/finding.ts';
import { fakeAlarm } from '../../tools/fake-context.ts';
import { answered, aPeople, aRoll, at, NOISE, SMOKE, someData, ZONE } from './a-roll.ts';

const EVENING = at('21:40:00');
const NIGHT = at('23:30:00');

const told = (call: WantedCall): string => {
  const when = call.notBefore === null ? '' : ` from ${ZONE.encode(call.notBefore).slice(11, 16)}`;
  const kind = call.to.kind === 'person' ? '' : `${call.to.kind} `;
  return `${kind}${call.to.id} ${call.step} by ${call.channels.join('>')}${call.urgent ? ' urgent' : ''}${when}`;
};
const calls = (step: string, more: Partial<AlarmData>, time = EVENING, roll: Roll = aRoll()) =>
  callsOf({ type: `city.gengfu.alarm.${step}`, data: { ...someData(more) } }, roll, time).map(told);

const anAlarm = (watch: Partial<Alarm['watch']>, level: Level | null, more: Partial<Alarm> = {}): Alarm =>
  fakeAlarm({
    watch: { ...fakeAlarm().watch, ...watch },
    level,
    condition: level === null ? 'normal' : 'active',
    ...more,
  });

const KITCHEN: Partial<AlarmData> = {
  quantity: 'fume.concentration',
  scene: 'kitchen',
  device: 'fume-03',
  level: 'yellow',
  place: { grid: 'JS-02', at: null },
};

describe('what a board shows is the highest level that stands of what its group is told of', () => {
  const { water, elsewhere } = {
    water: { device: 'water-02', quantity: 'water.depth', scene: 'underpass', rule: 'waterlogging' },
    elsewhere: { device: 'noise-07', quantity: 'noise.la', scene: 'construction', rule: 'night-construction-noise' },
  };
  const quiet = { shelved: null, suppressedBy: 'link:plc', outOfService: null };
  test.each<[string, Parameters<typeof anAlarm>[], string | null]>([
    ['nothing stands', [], null],
    [
      'one of two has returned',
      [
        [water, 'red'],
        [water, null],
      ],
      'red',
    ],
    [
      'the lower came last',
      [
        [water, 'red'],
        [water, 'blue'],
      ],
      'red',
    ],
    [
      'what others are told of is not shown',
      [
        [water, 'blue'],
        [elsewhere, 'red'],
      ],
      'blue',
    ],
    [
      'nor an exercise',
      [
        [water, 'yellow'],
        [water, 'red', { exercise: 'drill' }],
      ],
      'yellow',
    ],
    ['nor what is suppressed', [[water, 'red', { announced: quiet }]], null],
  ])('%s', (_, alarms, expected) => {
    expect(
      standingFor(
        'desk',
        alarms.map((each) => anAlarm(...each)),
        aRoll(),
        EVENING,
      ),
    ).toBe(expected);
  });
});

describe('who is called', () => {
  test.each<[string, string, Partial<AlarmData>, string[], number?]>([
    ['without a route, the first tier', 'raised', NOISE, ['li raised by sms>mail']],
    ['a route’s people and groups', 'raised', {}, ['li raised by sms>mail', 'group desk raised by robot']],
    [
      'red goes first, and by the urgent channels',
      'raised',
      { level: 'red' },
      ['li raised by call>sms urgent', 'group desk raised by robot urgent'],
    ],
    [
      'a home’s smoke: duty, family, its grid worker, the fire post',
      'raised',
      SMOKE,
      [
        'li raised by call>sms urgent',
        'daughter raised by call>sms urgent',
        'zhao raised by call>sms urgent',
        'chen raised by call>sms urgent',
      ],
    ],
    [
      'another home’s smoke: not that family',
      'raised',
      { ...SMOKE, device: 'smoke-09' },
      ['li raised by call>sms urgent', 'zhao raised by call>sms urgent', 'chen raised by call>sms urgent'],
    ],
    [
      'who can put it right first, the officer after a quarter of an hour',
      'raised',
      KITCHEN,
      ['shop reminder by sms>mail', 'li raised:unheeded by sms>mail from 21:55'],
    ],
    ['no reminder for what is worse', 'raised', { ...KITCHEN, level: 'orange' }, ['li raised by sms>mail']],
    ['no reminder for what follows an alarm', 'raised', { ...KITCHEN, follows: '0198' }, ['li raised by sms>mail']],
    [
      'no reminder for a shop whose manager is not known',
      'raised',
      { ...KITCHEN, device: 'fume-04' },
      ['li raised by sms>mail'],
    ],
    [
      'a level that rises',
      'level-changed',
      { level: 'red', previousLevel: 'orange' },
      ['li risen:red by call>sms urgent', 'group desk risen:red by robot urgent'],
    ],
    ['a level that falls calls nobody', 'level-changed', { level: 'yellow', previousLevel: 'orange' }, []],
    ['a permit that changes calls nobody', 'level-changed', { previousLevel: 'orange' }, []],
    [
      'an escalation: the tier above',
      'escalated',
      { ...NOISE, response: answered({ tier: 2, late: 'acknowledge' }) },
      ['wang escalated:2 by sms>mail'],
    ],
    [
      'beyond the last tier, the last',
      'escalated',
      { ...NOISE, response: answered({ tier: 4 }) },
      ['wang escalated:4 by sms>mail'],
    ],
    [
      'a route’s own tier',
      'escalated',
      { response: answered({ tier: 2 }) },
      ['wang escalated:2 by sms>mail', 'pump escalated:2 by sms'],
    ],
    [
      'quiet hours put it off to the morning',
      'escalated',
      { ...NOISE, response: answered({ tier: 2 }) },
      ['wang escalated:2 by sms>mail from 07:00'],
      NIGHT,
    ],
    [
      'but not what is red',
      'escalated',
      { ...NOISE, level: 'red', response: answered({ tier: 2 }) },
      ['wang escalated:2 by call>sms urgent'],
      NIGHT,
    ],
    [
      'a unit that is dispatched, as people call it',
      'dispatched',
      { response: answered({ to: '排水班' }) },
      ['pump dispatched:排水班 by sms'],
    ],
    [
      'a unit that is dispatched, by its id',
      'dispatched',
      { response: answered({ to: 'drainage' }) },
      ['pump dispatched:drainage by sms'],
    ],
    [
      'a person by the name of his account',
      'dispatched',
      { response: answered({ to: 'li.na' }) },
      ['li dispatched:li.na by sms>mail'],
    ],
    ['a unit that nobody knows calls nobody', 'dispatched', { response: answered({ to: '某队' }) }, []],
    [
      'who refuses it gives it back to duty',
      'refused',
      { response: answered() },
      ['li refused by sms>mail', 'group desk refused by robot'],
    ],
    [
      'what did not pass goes back to the unit',
      'verified',
      { reason: 'failed', response: answered({ to: '排水班' }) },
      ['pump rework:排水班 by sms'],
    ],
    ['what passed calls nobody', 'verified', { reason: 'passed', response: answered({ to: '排水班' }) }, []],
    [
      'what has returned: the group, and whoever is on the way',
      'returned',
      { level: null, previousLevel: 'red', condition: 'normal', response: answered({ to: '排水班' }) },
      ['pump returned by sms', 'group desk returned by robot'],
    ],
    [
      'an alarm that begins a tier higher calls both',
      'raised',
      { follows: '0198', response: answered({ tier: 2 }) },
      ['li raised:2 by sms>mail', 'wang raised:2 by sms>mail', 'pump raised:2 by sms', 'group desk raised:2 by robot'],
    ],
    ['nobody of what is shelved', 'raised', { shelvedUntil: '2026-07-16T00:00:00+08:00' }, []],
    ['nobody of what is suppressed', 'raised', { suppressedBy: 'link-down@link:bus-1/state' }, []],
    ['nobody of what is out of service', 'raised', { outOfService: '维保公司' }, []],
    ['nobody of one of many', 'raised', { incident: '0200' }, []],
    [
      'but of smoke, also in an incident',
      'raised',
      { ...SMOKE, device: 'smoke-09', incident: '0200' },
      ['li raised by call>sms urgent', 'zhao raised by call>sms urgent', 'chen raised by call>sms urgent'],
    ],
    [
      'nor that nobody has seen it',
      'escalated',
      { incident: '0200', response: answered({ tier: 2, late: 'acknowledge' }) },
      [],
    ],
    [
      'nor that nobody was sent',
      'escalated',
      { incident: '0200', response: answered({ tier: 2, late: 'dispatch' }) },
      [],
    ],
    [
      'but who was sent is told, though it is one of many',
      'dispatched',
      { incident: '0200', response: answered({ to: 'pump' }) },
      ['pump dispatched:pump by sms'],
    ],
    [
      'and that he is late',
      'escalated',
      { incident: '0200', response: answered({ tier: 2, to: 'pump', late: 'arrive' }) },
      ['wang escalated:2 by sms>mail', 'pump escalated:2 by sms'],
    ],
    [
      'and he alone that it is over',
      'returned',
      { incident: '0200', condition: 'normal', level: null, response: answered({ to: 'pump' }) },
      ['pump returned by sms'],
    ],
    ['what is heard of again', 'unshelved', {}, ['li raised by sms>mail', 'group desk raised by robot']],
    ['what was seen meanwhile is not', 'unshelved', { acknowledged: true }, []],
    [
      'an exercise: the same people, after what is real',
      'raised',
      { ...SMOKE, device: 'smoke-09', exercise: 'drill' },
      ['li raised by sms>mail', 'zhao raised by sms>mail', 'chen raised by sms>mail'],
    ],
    ['what is acknowledged, noted, closed', 'acknowledged', {}, []],
    ['', 'noted', {}, []],
    ['', 'closed', {}, []],
  ])('%s (%s)', (_, step, more, expected, time = EVENING) => {
    expect(calls(step, more, time)).toEqual(expected);
  });

  test.each<[string, string, Partial<AlarmData>, string[], object, number?]>([
    [
      'a tier in which nobody is: the one above it',
      'raised',
      NOISE,
      ['wang raised by sms>mail'],
      { escalation: [['patrol'], ['leader']], routes: [] },
    ],
    [
      'an escalation to a tier in which nobody is: the one above it',
      'escalated',
      { ...NOISE, response: answered({ tier: 2 }) },
      ['chen escalated:2 by sms>mail'],
      { escalation: [['duty'], ['patrol'], ['fire-post']], routes: [] },
    ],
    [
      'tiers in which nobody is: that is said',
      'raised',
      { ...NOISE, level: 'red' },
      ['nobody  raised by  urgent'],
      { escalation: [['patrol']], routes: [] },
    ],
    [
      'people without a channel: that is said',
      'escalated',
      { ...NOISE, response: answered({ tier: 2 }) },
      ['nobody  escalated:2 by '],
      { channels: [], routes: [] },
    ],
    ['a site without people says nothing', 'raised', NOISE, [], { contacts: [], groups: [], roster: [], teams: [] }],
    [
      'an alarm that begins a tier higher, where the route has no tiers of its own',
      'raised',
      { ...SMOKE, device: 'smoke-09', response: answered({ tier: 2 }) },
      ['li raised:2 by call>sms urgent', 'wang raised:2 by call>sms urgent'],
      { routes: [{ quantity: 'smoke.state', to: ['duty'] }] },
    ],
    [
      'a manager whose quiet hours it is, is reminded in the morning, and nobody waits for that',
      'raised',
      KITCHEN,
      ['shop reminder by sms>mail from 07:00', 'li raised by sms>mail'],
      {
        contacts: [
          { id: 'li', name: '李娜', roles: ['duty'] },
          { id: 'shop', name: '店主', roles: ['manager'], devices: ['fume-03'], quiet: '22:00-07:00' },
        ],
        ...{ teams: [], roster: [], escalation: [['duty']] },
        routes: [{ scene: 'kitchen', to: ['duty'], remind: { to: ['manager'], within: '15min' } }],
      },
      NIGHT,
    ],
    [
      'gas that may explode waits for no quiet hours, whatever its level',
      'raised',
      { ...SMOKE, quantity: 'gas.state', level: 'orange', device: 'gas-01' },
      ['wang raised by call>sms urgent'],
      { escalation: [['leader']], routes: [] },
      NIGHT,
    ],
    [
      'a smoke detector’s battery in a flood is told with the others',
      'raised',
      { ...SMOKE, value: 'low-battery', level: 'yellow', incident: '0200' },
      [],
      {},
    ],
  ])('%s (%s)', (_, step, more, expected, people, time = EVENING) => {
    expect(calls(step, more, time, aRoll(aPeople(people)))).toEqual(expected);
  });

  test.each<[string, object, string, string]>([
    ['a weekend', { hours: '00:00-24:00', weekdays: ['sat', 'sun'] }, '2026-07-18', '2026-07-20T00:00'],
    ['its second day', { hours: '00:00-24:00', weekdays: ['sat', 'sun'] }, '2026-07-19', '2026-07-20T00:00'],
    ['nights with a day between them', { hours: '22:00-07:00' }, '2026-07-18', '2026-07-19T07:00'],
    ['all days, after a week', { hours: '00:00-24:00' }, '2026-07-18', '2026-07-25T00:00'],
  ])('quiet hours that follow on one another are one: %s', (_, quiet, date, expected) => {
    const contacts = [{ id: 'li', name: '李娜', roles: ['duty'], quiet }];
    const people = aPeople({ contacts, teams: [], groups: [], roster: [], routes: [], escalation: [['duty']] });
    const event = { type: 'city.gengfu.alarm.raised', data: { ...someData(NOISE) } };
    const from = callsOf(event, aRoll(people), at('23:30:00', date)).map(({ notBefore }) => notBefore);
    expect(from).toEqual([Date.parse(`${expected}+08:00`)]);
  });

  test.each<[string, Partial<AlarmData>, number, string]>([
    ['while the shop has its time', {}, 5, 'wang escalated:2:unheeded by sms>mail from 21:55'],
    ['when its time is over', {}, 15, 'wang escalated:2 by sms>mail'],
    [
      'another step that is late',
      { response: answered({ tier: 2, late: 'arrive' }) },
      5,
      'wang escalated:2 by sms>mail',
    ],
    ['a level for which nobody is reminded', { level: 'orange' }, 5, 'wang escalated:2 by sms>mail'],
    ['a shop whose manager is not known', { device: 'fume-04' }, 5, 'wang escalated:2 by sms>mail'],
  ])('what is not acknowledged in time: %s', (_, more, minutes, expected) => {
    const roll = { ...aRoll(), raisedAt: () => EVENING };
    const data = { ...KITCHEN, response: answered({ tier: 2, late: 'acknowledge' }), ...more };
    expect(calls('escalated', data, EVENING + minutes * 60_000, roll)).toEqual([expected]);
  });

  test.each<[string, number, object, string[]]>([
    [
      'nobody of the first tier could be reached',
      1,
      {},
      ['wang unreached:2 by call>sms urgent', 'pump unreached:2 by sms urgent'],
    ],
    ['nor of the last', 2, {}, []],
    [
      'the tier above has nobody: the one above that',
      1,
      { escalation: [['duty'], ['patrol'], ['fire-post']], routes: [] },
      ['chen unreached:3 by call>sms urgent'],
    ],
    ['nobody is above', 1, { escalation: [['duty'], ['patrol']], routes: [] }, []],
  ])('when nobody answers: %s', (_, tier, people, expected) => {
    const event = { type: 'city.gengfu.alarm.raised', data: { ...someData({ level: 'red' }) } };
    expect(callsAbove(event, tier, aRoll(aPeople(people)), EVENING).map(told)).toEqual(expected);
  });

  test('an incident is told to the first tier', () => {
    const incident = (step: string, data: object) =>
      callsOf({ type: `city.gengfu.incident.${step}`, data: { ...data } }, aRoll(), EVENING).map(told);
    expect(incident('opened', { level: 'red', count: 11 })).toEqual(['li incident-opened by call>sms urgent']);
    expect(incident('closed', { level: null, count: 40 })).toEqual(['li incident-closed by sms>mail']);
    expect(incident('acknowledged', { level: 'red', count: 40 })).toEqual([]);
  });

  test.each<[string, object, object, string[]]>([
    ['to the tier above', {}, {}, ['wang incident-escalated:2:acknowledge by sms>mail']],
    ['urgent where it is red', { level: 'red' }, {}, ['wang incident-escalated:2:acknowledge by call>sms urgent']],
    [
      'to the last beyond it',
      { response: answered({ tier: 5, late: 'dispatch' }) },
      {},
      ['wang incident-escalated:5:dispatch by sms>mail'],
    ],
    [
      'past a tier in which nobody is',
      {},
      { escalation: [['duty'], ['patrol'], ['chen']] },
      ['chen incident-escalated:2:acknowledge by sms>mail'],
    ],
    ['to nobody, which is told', {}, { escalation: [['patrol']] }, ['nobody  incident-escalated:2:acknowledge by ']],
    [
      'an exercise is never urgent',
      { level: 'red', exercise: 'drill' },
      {},
      ['wang incident-escalated:2:acknowledge by sms>mail'],
    ],
  ])('an incident that nobody has seen goes %s', (_, more, people, expected) => {
    const data = { level: 'yellow', count: 12, response: answered({ tier: 2, late: 'acknowledge' }), ...more };
    const event = { type: 'city.gengfu.incident.escalated', data };
    expect(callsOf(event, aRoll(aPeople(people)), EVENING).map(told)).toEqual(expected);
  });

  test('of a red incident that nobody could be reached for, the tier above is called at once', () => {
    const event = { type: 'city.gengfu.incident.opened', data: { level: 'red', count: 11 } };
    expect(callsAbove(event, 1, aRoll(), EVENING).map(told)).toEqual(['wang incident-unreached by call>sms urgent']);
    expect(callsAbove(event, 2, aRoll(), EVENING)).toEqual([]);
  });

  test('an entry of another kind calls nobody', () => {
    expect(callsOf({ type: 'city.gengfu.site.changed', data: {} }, aRoll(), EVENING)).toEqual([]);
  });
});

describe('who is on duty', () => {
  const who = (time: number, standing = ROUTINE, people = aPeople()) => {
    const { duty, leader, by } = onDuty(people, ZONE, standing, time);
    return `${duty.join(',')} under ${leader.join(',')} by ${by}`;
  };
  test.each([
    ['the shift of the evening', at('20:00:00'), ROUTINE, 'li under wang by roster'],
    ['the same shift after midnight', at('07:59:59', '2026-07-16'), ROUTINE, 'li under wang by roster'],
    ['a gap: whoever has the role', at('08:00:00', '2026-07-16'), ROUTINE, 'li under wang by role'],
    [
      'emergency response calls in others',
      at('22:00:00'),
      { ...ROUTINE, mode: 'II' as const },
      'li,pump under wang by roster',
    ],
    [
      'a hand-over counts at once',
      at('22:00:00'),
      { ...ROUTINE, handedOver: { to: ['chen'], at: at('21:00:00') } },
      'chen under wang by hand-over',
    ],
    [
      'and until another shift begins',
      at('20:30:00', '2026-07-16'),
      { ...ROUTINE, handedOver: { to: ['chen'], at: at('21:00:00') } },
      'li under wang by roster',
    ],
    [
      'emergency response calls in others over a hand-over of before',
      at('22:00:00'),
      { mode: 'II' as const, handedOver: { to: ['chen'], at: at('21:00:00'), mode: 'routine' as const } },
      'li,pump under wang by roster',
    ],
    [
      'a hand-over in emergency response counts',
      at('22:00:00'),
      { mode: 'II' as const, handedOver: { to: ['chen'], at: at('21:00:00'), mode: 'II' as const } },
      'chen under wang by hand-over',
    ],
    [
      'a mode without a shift of its own leaves a hand-over as it is',
      at('22:00:00'),
      { mode: 'IV' as const, handedOver: { to: ['chen'], at: at('21:00:00'), mode: 'routine' as const } },
      'chen under wang by hand-over',
    ],
    [
      'a hand-over to nobody known does not',
      at('22:00:00'),
      { ...ROUTINE, handedOver: { to: ['gone'], at: at('21:00:00') } },
      'li under wang by roster',
    ],
  ])('%s', (_, time, standing, expected) => {
    expect(who(time, standing)).toBe(expected);
  });
});

test('a number and a name in a group', () => {
  expect([maskedPhone('13812345678'), maskedPhone('110'), maskedName('李娜'), maskedName('Li Na')]).toEqual([
    '138****5678',
    '****',
    '李*',
    'L*',
  ]);
});
