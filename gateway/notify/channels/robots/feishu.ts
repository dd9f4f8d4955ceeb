import { createHmac } from 'node:crypto';
import type { z } from 'zod';
import type { Channel } from '../channel.ts';
import { secret } from '../fields.ts';
import { numberIn, type Robot, textIn, usersOf } from './robot.ts';
import { openRobot } from './robot-channel.ts';
import { robotOptions, under } from './robot-options.ts';

const feishuOptions = robotOptions('https://open.feishu.cn').extend({
  secret: secret().optional(),
});

/** HMAC-SHA256 keyed by `timestamp` in seconds, a line feed and the secret, over nothing; base64. */
export const signFeishu = (key: string, seconds: number): string =>
  createHmac('sha256', `${seconds}\n${key}`).digest('base64');

/** A Feishu group robot (飞书自定义机器人). */
const feishuRobot: Robot<z.output<typeof feishuOptions>> = {
  kind: 'feishu',
  // 20 kB as known; unverified, so some room is left.
  mostBytes: 18_000,
  blockedMs: 60_000,
  limitCodes: new Set([11232]),
  laterCodes: new Set([]),
  encode({ url, token, secret: key, mention }, { text, recipients, at }) {
    const seconds = Math.floor(at / 1000);
    const signed = key === undefined ? {} : { timestamp: String(seconds), sign: signFeishu(key, seconds) };
    const users = mention === 'user' ? usersOf(recipients) : [];
    const named = users.map((user) => ` <at user_id="${user}"></at>`).join('');
    // What a device is called must not call everybody.
    const plain = text.replaceAll(/<(?=\/?at\b)/gi, '＜');
    return {
      url: under(url, `/open-apis/bot/v2/hook/${encodeURIComponent(token)}`),
      body: { ...signed, msg_type: 'text', content: { text: plain + named } },
    };
  },
  codeOf(answer) {
    const code = numberIn(answer, 'code') ?? numberIn(answer, 'StatusCode');
    if (code === undefined) return undefined;
    return { code, text: textIn(answer, 'msg') || textIn(answer, 'StatusMessage') };
  },
};

export const feishu: Channel<typeof feishuOptions> = {
  kind: 'feishu',
  options: feishuOptions,
  reach: 'group',
  open: openRobot(feishuRobot),
};
