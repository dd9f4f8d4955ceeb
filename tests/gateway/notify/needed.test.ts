import { expect, test } from 'vitest';
import type { Alarm } from '../../../gateway/alarms/alarm.ts';
import { isNeeded } from '../../../gateway/notify/needed.ts';

type State = Parameters<typeof isNeeded>[1];
const UNACK: State = { acknowledged: false, condition: 'active' };
const ACKED: State = { acknowledged: true, condition: 'active' };
const response = (stage: string, clocks: number): Alarm['response'] =>
  ({ stage, to: 'drainage', clocks: Array.from({ length: clocks }, () => ({})) }) as unknown as Alarm['response'];
const quiet = (what: object): State => ({
  ...UNACK,
  ...{ announced: { shelved: null, suppressedBy: null, outOfService: null, ...what } },
});

test.each<[sentence: string, step: string, alarm: State, needed: boolean]>([
  ['that it was raised is told while nobody has seen it', 'raised', UNACK, true],
  ['and no more once somebody has', 'raised', ACKED, false],
  ['also when it is normal again meanwhile', 'raised', { acknowledged: false, condition: 'normal' }, true],
  ['that it has risen is as that it was raised', 'risen:red', ACKED, false],
  ['a reminder lapses with it', 'reminder', ACKED, false],
  ['those who come after a reminder are told while it stands', 'raised:unheeded', UNACK, true],
  ['and not when it was put right', 'raised:unheeded', { acknowledged: false, condition: 'normal' }, false],
  ['nor those above them', 'escalated:2:unheeded', { acknowledged: false, condition: 'normal' }, false],
  ['those above whom nobody reached', 'unreached:2', UNACK, true],
  ['and not when somebody has seen it meanwhile', 'unreached:2', ACKED, false],
  ['nothing is told of one that is closed', 'raised', null, false],
  ['nor of one that was shelved', 'raised', quiet({ shelved: { until: 1, once: false, by: 'li' } }), false],
  ['nor suppressed', 'escalated:2', quiet({ suppressedBy: 'chatter' }), false],
  ['nor out of service', 'raised', quiet({ outOfService: { owner: 'wang', until: null } }), false],
  ['an escalation stands while it is not seen', 'escalated:2', UNACK, true],
  ['or while a step is still waited for', 'escalated:2', { ...ACKED, response: response('dispatched', 1) }, true],
  ['and no more when none is', 'escalated:2', { ...ACKED, response: response('arrived', 0) }, false],
  [
    'a dispatch stands until they are there',
    'dispatched:drainage',
    { ...ACKED, response: response('dispatched', 1) },
    true,
  ],
  ['and not when they are', 'dispatched:drainage', { ...ACKED, response: response('arrived', 1) }, false],
  ['nor when others were sent', 'dispatched:patrol', { ...ACKED, response: response('dispatched', 1) }, false],
  ['that it is over is told of what is closed', 'returned', null, true],
])('%s', (_, step, alarm, needed) => {
  expect(isNeeded({ step, wantedAt: 0 }, alarm, 60_000)).toBe(needed);
});

test.each<[sentence: string, step: string, isUnseen: boolean, afterMin: number, needed: boolean]>([
  ['an incident is told while it waits to be seen', 'incident-opened', true, 1, true],
  ['also in the morning, to whom it waited for', 'incident-opened', true, 8 * 60, true],
  ['and no more once it was', 'incident-opened', false, 1, false],
  ['nor to the tier above', 'incident-escalated:2:acknowledge', false, 1, false],
  ['that nobody was sent is told though it was seen', 'incident-escalated:2:dispatch', false, 1, true],
  ['that it is over as well', 'incident-closed', false, 59, true],
  ['which is no news after an hour', 'incident-closed', false, 60, false],
  ['unless some of it still waits', 'incident-closed', true, 60, true],
])('%s', (_, step, isUnseen, afterMin, needed) => {
  expect(isNeeded({ step, wantedAt: 0 }, null, afterMin * 60_000, () => isUnseen)).toBe(needed);
});

test('that it is over is no news after an hour', () => {
  expect(isNeeded({ step: 'returned', wantedAt: 0 }, null, 3_600_000)).toBe(false);
});
