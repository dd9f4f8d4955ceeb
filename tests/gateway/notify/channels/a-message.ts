import { openClock } from '../../../../gateway/kit/clock.ts';
import { silentLog } from '../../../../gateway/kit/log.ts';
import type { ChannelContext, Message, Recipient } from '../../../../gateway/notify/channels/channel.ts';

export const aMessage = (change: Partial<Message> = {}): Message => ({
  id: 'nh-1/42/1',
  title: '【红色】南溪路下穿通道积水 30 cm',
  text: '【红色】南溪路下穿通道积水 30 cm，请立即到场封闭道路。',
  speech: '红色预警，南溪路下穿通道积水三十厘米',
  level: 'red',
  isExercise: false,
  urgent: true,
  data: { alarm: '019f6b2c-0000-7000-8000-000000000001' },
  link: null,
  ...change,
});

export const aRecipient = (change: Partial<Recipient> = {}): Recipient => ({
  person: 'wang',
  name: '王队长',
  phone: '13800000001',
  email: 'wang@example.com',
  user: 'ou_wang',
  ...change,
});

export const aContext = (change: Partial<ChannelContext> = {}): ChannelContext => {
  const clock = openClock();
  return { clock, wire: clock, log: silentLog, dir: '/nonexistent', ...change };
};

export const NEVER = new AbortController().signal;
