import { createHmac } from 'node:crypto';
import type { z } from 'zod';
import type { Channel } from '../channel.ts';
import { secret } from '../fields.ts';
import { numberIn, phonesOf, type Robot, textIn, usersOf } from './robot.ts';
import { openRobot } from './robot-channel.ts';
import { robotOptions, under } from './robot-options.ts';

const dingtalkOptions = robotOptions('https://oapi.dingtalk.com').extend({
  /** 加签: left out where the robot guards itself by keywords or addresses. */
  secret: secret().optional(),
});

/** HMAC-SHA256 keyed by the secret, over `timestamp` in milliseconds, a line feed and the secret; base64. */
export const signDingtalk = (key: string, at: number): string =>
  createHmac('sha256', key).update(`${at}\n${key}`).digest('base64');

/** A DingTalk group robot (钉钉自定义机器人), also of a private cloud. */
const dingtalkRobot: Robot<z.output<typeof dingtalkOptions>> = {
  kind: 'dingtalk',
  // 20 kB as known; unverified, so some room is left.
  mostBytes: 18_000,
  // More than 20 in a minute: nothing for ten.
  blockedMs: 600_000,
  limitCodes: new Set([130101, 410100]),
  laterCodes: new Set([-1]),
  encode({ url, token, secret: key, mention }, { text, recipients, at }) {
    const query = new URLSearchParams({ access_token: token });
    if (key !== undefined) {
      query.set('timestamp', String(at));
      query.set('sign', signDingtalk(key, at));
    }
    const atUserIds = mention === 'user' ? usersOf(recipients) : [];
    const atMobiles = mention === 'phone' ? phonesOf(recipients) : [];
    // It rings only for who is named in the text too.
    const named = [...atUserIds, ...atMobiles].map((who) => ` @${who}`).join('');
    return {
      url: under(url, `/robot/send?${query}`),
      body: { msgtype: 'text', text: { content: text + named }, at: { atMobiles, atUserIds, isAtAll: false } },
    };
  },
  codeOf(answer) {
    const code = numberIn(answer, 'errcode');
    return code === undefined ? undefined : { code, text: textIn(answer, 'errmsg') };
  },
};

export const dingtalk: Channel<typeof dingtalkOptions> = {
  kind: 'dingtalk',
  options: dingtalkOptions,
  reach: 'group',
  open: openRobot(dingtalkRobot),
};
