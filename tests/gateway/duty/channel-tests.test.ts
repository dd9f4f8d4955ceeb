import { expect, test } from 'vitest';
import { ChannelTests, type ChannelTestsContext, MOST_KEPT } from '../../../gateway/duty/channel-tests.ts';
import type { Sent } from '../../../gateway/notify/channels/channel.ts';
import { isTestDue, type LastTest, type MonthlyTest } from '../../../gateway/notify/monthly-test.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { at, ZONE } from '../notify/a-roll.ts';

const TEST: MonthlyTest = { channel: 'sms', to: 'li', day: 5, atMinute: 600 };
const last = (date: string, ok = true, time = '10:00:10'): LastTest => ({ at: at(time, date), ok });

test.each<[sentence: string, now: number, last: LastTest | null, due: boolean]>([
  ['on its day at its time', at('10:00:30', '2026-07-05'), last('2026-06-05'), true],
  ['not before its time', at('09:59:59', '2026-07-05'), last('2026-06-05'), false],
  ['nor in the evening, when it was missed', at('19:00:00', '2026-07-05'), last('2026-06-05'), false],
  ['but on the next day', at('10:00:00', '2026-07-06'), last('2026-06-05'), true],
  ['not before its day', at('10:00:00', '2026-07-04'), last('2026-06-05'), false],
  ['once', at('10:30:00', '2026-07-05'), last('2026-07-05'), false],
  ['and not on the next day again', at('10:00:00', '2026-07-06'), last('2026-07-05'), false],
  ['one that failed again on the next day', at('10:00:00', '2026-07-06'), last('2026-07-05', false), true],
  ['and not at once', at('10:30:00', '2026-07-05'), last('2026-07-05', false), false],
  ['one that was never made, on the first day that comes', at('10:00:00', '2026-07-20'), null, true],
  ['in January after one in December', at('10:00:00', '2027-01-04'), last('2026-12-05'), false],
  ['and on the fifth', at('10:00:00', '2027-01-05'), last('2026-12-05'), true],
])('a monthly test is due: %s', (_, now, made, due) => {
  expect(isTestDue(TEST, made, ZONE, now)).toBe(due);
});

function aDesk(answers: Sent[], saved = new Map<string, object>(), more: Partial<ChannelTestsContext> = {}) {
  const clock = new FakeClock(at('09:58:00', '2026-07-05'));
  const sent: string[] = [];
  const told: unknown[] = [];
  const tests = new ChannelTests({
    ...{ saved, clock, wire: clock },
    log: { error() {} } as unknown as ChannelTestsContext['log'],
    tests: () => [TEST],
    zone: () => ZONE,
    async send(channel, person) {
      sent.push(`${channel} ${person}`);
      const answer = answers.shift();
      if (answer === undefined) throw new Error('the site has no such channel');
      return answer;
    },
    async keep(drafts, states) {
      told.push(...drafts.map(({ data }) => data));
      for (const { key, state } of states) {
        if (state === null) saved.delete(key);
        else saved.set(key, state);
      }
      return true;
    },
    ...more,
  });
  return { tests, clock, sent, told, saved };
}

test('it is made by itself, told in the log, and not again after a restart', async () => {
  const { clock, sent, told, saved, tests } = aDesk([{ status: 'delivered', receipt: '7' }]);
  for (let minute = 0; minute < 10; minute++) await clock.advance(60_000);
  expect(sent).toEqual(['sms li']);
  expect(told).toEqual([
    {
      ...{ channel: 'sms', to: { kind: 'person', id: 'li' }, by: 'gengfu', ok: true },
      ...{ status: 'delivered', code: null, reason: null },
    },
  ]);
  expect(tests.hasFailed('sms')).toBe(false);
  tests[Symbol.dispose]();
  const again = aDesk([], saved);
  for (let minute = 0; minute < 10; minute++) await again.clock.advance(60_000);
  expect(again.sent).toEqual([]);
});

test('one that fails is told with its code, and stands until one comes', async () => {
  const later: Sent = { status: 'later', code: 'sim-cannot-send', message: 'the SIM cannot send', retryMs: null };
  const { tests, clock, told, sent } = aDesk([later, { status: 'accepted', receipt: null }]);
  for (let minute = 0; minute < 10; minute++) await clock.advance(60_000);
  expect(told).toMatchObject([{ ok: false, code: 'sim-cannot-send' }]);
  expect(tests.hasFailed('sms')).toBe(true);
  for (let minute = 0; minute < 1440; minute++) await clock.advance(60_000);
  expect(sent).toHaveLength(2);
  expect(tests.hasFailed('sms')).toBe(false);
});

test('a channel or a person that is gone is a failure, and nothing is sent by a clock that nobody set', async () => {
  const gone = aDesk([]);
  for (let minute = 0; minute < 3; minute++) await gone.clock.advance(60_000);
  expect(gone.told).toMatchObject([{ ok: false, reason: 'the site has no such channel' }]);
  const clock = new FakeClock(at('09:58:00', '2026-07-05'));
  clock.trust = () => 'unknown';
  const unset = aDesk([], new Map(), { clock });
  await unset.tests.look();
  expect(unset.sent).toEqual([]);
});

test('what came of tests is bounded', async () => {
  const { tests, saved } = aDesk([]);
  for (let i = 0; i < MOST_KEPT + 50; i++)
    await tests.tell('sms', `p${i}`, 'wang', { status: 'accepted', receipt: null });
  expect(saved.size).toBe(MOST_KEPT);
});
