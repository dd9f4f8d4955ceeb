import { expect, test } from 'vitest';
import { entriesOf } from '../../../gateway/alarms/step.ts';
import { Judge } from '../../../gateway/judge/judge.ts';
import { ChannelAlarm, channelIn } from '../../../gateway/own/channel-alarm.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { at } from '../notify/a-roll.ts';

type Status = ReturnType<ConstructorParameters<typeof ChannelAlarm>[0]['status']>;
const works = { state: 'ready', warnings: [] } as const;
const failing = (...warnings: string[]) => ({ state: 'failing', warnings }) as const;

function aDesk(channels: Record<string, Status[string]>) {
  const clock = new FakeClock(at('10:00:00'));
  const site = { timeZone: 'Asia/Shanghai', windows: {}, notEvaluableAfterMs: 1e9, rules: [], permits: [], points: [] };
  const judge = new Judge(site, { at: clock.now(), tick: clock.tick() }, 'synchronised');
  const told: string[] = [];
  const live: ConstructorParameters<typeof ChannelAlarm>[0]['live'] = {
    judge,
    takeFinding(finding) {
      for (const { type, subject, data } of entriesOf(judge.alarms.take(finding))) {
        const { level, value, title } = data as { level: string; value: string; title: { zh: string } };
        told.push(`${subject} ${type.slice(18)} ${level} ${value} ${title.zh}`);
      }
    },
  };
  const open = () => new ChannelAlarm({ live, clock, wire: clock, status: () => channels });
  return { clock, channels, told, open };
}

test.each<[sentence: string, warning: string, afterS: number, goneS: number, told: string]>([
  ['a test that failed', 'test-failed', 1, 1, '通知渠道 sms 测试未通过'],
  ['a SIM that cannot send', 'sim-cannot-send', 1, 240, '通知渠道 sms 的 SIM 卡无法发送'],
  ['no modem for five minutes', 'no-modem', 301, 240, '通知渠道 sms 的调制解调器无应答'],
  ['no network for five minutes', 'not-registered', 301, 240, '通知渠道 sms 未注册到网络'],
])(
  '%s is an alarm, once, that returns when the channel works and goes on working',
  async (_, warning, afterS, goneS, title) => {
    const { clock, channels, told, open } = aDesk({ sms: works, mail: works });
    using _alarm = open();
    await clock.advance(5000);
    channels.sms = failing(warning);
    for (let second = 1; second < afterS; second++) await clock.advance(1000);
    expect(told).toEqual([]);
    await clock.advance(2000);
    expect(told).toEqual([`channel:sms/state/gengfu.channel raised orange ${warning} ${title}`]);
    await clock.advance(60_000);
    channels.sms = { state: 'starting', warnings: [] };
    await clock.advance(60_000);
    expect(told).toHaveLength(1);
    channels.sms = works;
    for (let second = 1; second < goneS; second++) await clock.advance(1000);
    expect(told).toHaveLength(1);
    await clock.advance(2000);
    expect(told.slice(1)).toEqual(['channel:sms/state/gengfu.channel returned null working 通知渠道 sms 不可用']);
  },
);

test('a modem that comes and goes for two hours is one alarm', async () => {
  const { clock, channels, told, open } = aDesk({ sms: works });
  using _alarm = open();
  for (let minute = 0; minute < 120; minute++) {
    channels.sms = minute % 7 === 6 ? works : failing('no-modem');
    await clock.advance(60_000);
  }
  expect(told.map((line) => line.split(' ')[1])).toEqual(['raised']);
});

test('what stood before a restart is not raised anew, and returns when the channel is gone from the site', async () => {
  const { clock, channels, told, open } = aDesk({ sms: failing('sim-cannot-send', 'test-failed') });
  {
    using _alarm = open();
    await clock.advance(3000);
  }
  using _again = open();
  await clock.advance(3000);
  expect(told).toHaveLength(1);
  delete channels.sms;
  await clock.advance(3000);
  expect(told.at(-1)).toContain('returned');
  await clock.advance(3000);
  expect(told).toHaveLength(2);
});

test('an alarm says of which channel it is, where it is of one', () => {
  expect(channelIn({ rule: 'gengfu.channel', device: 'channel:sms' })).toBe('sms');
  expect(channelIn({ rule: 'wet', device: 'channel:sms' })).toBeUndefined();
});
