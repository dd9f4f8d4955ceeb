import { expect, test } from 'vitest';
import { type Call, type CallInput, stepCall, wanted } from '../../../gateway/notify/call.ts';
import type { Sent } from '../../../gateway/notify/channels/channel.ts';

const NOW = 1_000_000;
const aCall = (more: Partial<Call> = {}): Call => ({
  ...wanted(
    {
      to: { kind: 'person', id: 'li' },
      channels: ['sms', 'voice'],
      ...{ step: 'raised', tier: 1, urgent: false, notBefore: null },
    },
    42,
    'alarm-1',
    NOW,
  ),
  ...more,
});

const begun = (call: Call): Call => stepCall(call, { kind: 'begun' }).call ?? call;
const answered = (sent: Sent): CallInput => ({ kind: 'answered', sent, now: NOW });
const later = answered({ status: 'later', code: 'busy', message: 'busy', retryMs: null });
const unknown = answered({ status: 'unknown', code: 'no-answer', message: 'no answer' });
const takenBack = answered({ status: 'later', code: 'cancelled', message: 'taken back', retryMs: null });
const givenUp = answered({ status: 'unknown', code: 'cancelled', message: 'given up on the way' });
const rejected = answered({ status: 'rejected', code: 'refused', message: 'refused' });

/** What stands after it: state, channel, whether repeated; and what was told. */
const show = (call: Call, input: CallInput): string => {
  const { call: next, told, waitMs } = stepCall(call, input);
  const where =
    next === null
      ? 'done'
      : `${next.state} by ${next.channels[next.channel]}${next.repeated ? ' repeated' : ''}${waitMs > 0 ? ` in ${waitMs}` : ''}`;
  return [...told.map(({ step, channel }) => `${step} ${channel}`), where].join(', ');
};

test.each<[sentence: string, call: Call, input: CallInput, what: string]>([
  ['it is stored as being sent before it is sent', aCall(), { kind: 'begun' }, 'sending by sms'],
  [
    'found as being sent at a start it is sent once more, marked',
    begun(aCall()),
    { kind: 'restarted' },
    'wanted by sms repeated',
  ],
  ['one that waits at a start waits on', aCall(), { kind: 'restarted' }, 'wanted by sms'],
  [
    'one that was sent is not sent again at a start',
    aCall({ state: 'sent', receipt: '7' }),
    { kind: 'restarted' },
    'sent by sms',
  ],
  [
    'a channel without receipts is done with it',
    begun(aCall()),
    answered({ status: 'accepted', receipt: null }),
    'sent sms, done',
  ],
  [
    'one with receipts keeps it',
    begun(aCall()),
    answered({ status: 'accepted', receipt: '7' }),
    'sent sms, sent by sms',
  ],
  [
    'picked up at once is delivered',
    begun(aCall()),
    answered({ status: 'delivered', receipt: '7' }),
    'sent sms, delivered sms, done',
  ],
  [
    'a receipt says so, and it may be replied to',
    aCall({ state: 'sent' }),
    { kind: 'delivered' },
    'delivered sms, delivered by sms',
  ],
  ['once', aCall({ state: 'delivered' }), { kind: 'delivered' }, 'delivered by sms'],
  [
    'a report that it was not delivered hands over',
    aCall({ state: 'sent' }),
    { kind: 'undelivered', code: 'no-route' },
    'failed sms, wanted by voice',
  ],
  ['refused, the next channel has it', begun(aCall()), rejected, 'failed sms, wanted by voice'],
  ['refused by the last, it has failed', begun(aCall({ channels: ['sms'] })), rejected, 'failed sms, done'],
  ['asked for time, it waits for the same channel', begun(aCall()), later, 'failed sms, wanted by sms in 2000'],
  ['one that is urgent goes to the next at once', begun(aCall({ urgent: true })), later, 'failed sms, wanted by voice'],
  [
    'it comes back to the first after a wait',
    begun(aCall({ urgent: true, channel: 1, tries: 1 })),
    later,
    'failed voice, wanted by sms in 2000',
  ],
  [
    'the only channel is asked again for as long as it is needed',
    begun(aCall({ urgent: true, channels: ['sms'], triesHere: 99, tries: 99, isGivenUp: true })),
    later,
    'wanted by sms in 60000',
  ],
  [
    'what may have gone out says so when it is sent again',
    begun(aCall()),
    unknown,
    'failed sms, wanted by sms repeated in 2000',
  ],
  ['by another channel too', begun(aCall({ urgent: true })), unknown, 'failed sms, wanted by voice repeated'],
  [
    'taken back by us it has not failed, and has its turn again',
    begun(aCall({ urgent: true })),
    takenBack,
    'wanted by sms in 2000',
  ],
  [
    'given up by us on its way it may have come',
    begun(aCall({ urgent: true })),
    givenUp,
    'wanted by sms repeated in 2000',
  ],
  [
    'a channel that never answers is given up',
    begun(aCall({ channels: ['sms'], triesHere: 2, tries: 2 })),
    unknown,
    'failed sms, done',
  ],
  [
    'that the second fails is told also after the first was refused',
    begun(aCall({ channels: ['voice'], tries: 1 })),
    later,
    'failed voice, wanted by voice in 2000',
  ],
  [
    'whom it names is gone: by no channel',
    aCall(),
    { kind: 'impossible', code: 'nobody', reason: 'gone' },
    'failed sms, done',
  ],
])('%s', (_, call, input, what) => {
  expect(show(call, input)).toBe(what);
});

/** Answers in their order, each by the channel that has it then, and whether a failure was told as the last. */
const lasts = (call: Call, ...inputs: CallInput[]): string[] => {
  const told: string[] = [];
  let now: Call | null = call;
  for (const input of inputs) {
    if (now === null) break;
    const step = stepCall(begun(now), input);
    for (const { channel, isLast } of step.told) told.push(`${channel}${isLast ? ' last' : ''}`);
    now = step.call;
  }
  return told;
};

test.each<[sentence: string, call: Call, inputs: CallInput[], told: string[]]>([
  [
    'an urgent one whose channels all fail',
    aCall({ urgent: true }),
    [later, later, later, later],
    ['sms', 'voice last'],
  ],
  ['refused by all', aCall({ urgent: true }), [rejected, rejected], ['sms', 'voice last']],
  ['refused by the first', aCall({ urgent: true }), [rejected, later, later], ['sms', 'voice last']],
  ['refused by the last', aCall({ urgent: true }), [later, rejected, later, rejected], ['sms', 'voice last', 'sms']],
  ['taken back before', aCall({ urgent: true }), [takenBack, givenUp, later, later], ['sms', 'voice last']],
  ['one channel alone', aCall({ urgent: true, channels: ['sms'] }), [unknown, unknown], ['sms last']],
])('when every channel has failed is told once: %s', (_, call, inputs, told) => {
  expect(lasts(call, ...inputs)).toEqual(told);
});

test('a wait that the other side names is kept, up to a minute', () => {
  const asks = (retryMs: number) => answered({ status: 'later', code: 'limit', message: 'limit', retryMs });
  expect(stepCall(begun(aCall()), asks(7_000)).waitMs).toBe(7_000);
  expect(stepCall(begun(aCall()), asks(600_000)).waitMs).toBe(60_000);
});
