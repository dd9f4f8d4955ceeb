import type { z } from 'zod';
import type { Channel } from '../channel.ts';
import { numberIn, phonesOf, type Robot, textIn, usersOf } from './robot.ts';
import { openRobot } from './robot-channel.ts';
import { robotOptions, under } from './robot-options.ts';

const wecomOptions = robotOptions('https://qyapi.weixin.qq.com');

/** A WeCom group robot (企业微信群机器人), also of a private cloud; its key is its secret. */
const wecomRobot: Robot<z.output<typeof wecomOptions>> = {
  kind: 'wecom',
  mostBytes: 2048,
  blockedMs: 60_000,
  limitCodes: new Set([45009, 45033]),
  laterCodes: new Set([-1]),
  encode({ url, token, mention }, { text, recipients }) {
    const users = mention === 'user' ? usersOf(recipients) : [];
    const phones = mention === 'phone' ? phonesOf(recipients) : [];
    return {
      url: under(url, `/cgi-bin/webhook/send?${new URLSearchParams({ key: token })}`),
      body: {
        msgtype: 'text',
        text: { content: text, mentioned_list: users, mentioned_mobile_list: phones },
      },
    };
  },
  codeOf(answer) {
    const code = numberIn(answer, 'errcode');
    return code === undefined ? undefined : { code, text: textIn(answer, 'errmsg') };
  },
};

export const wecom: Channel<typeof wecomOptions> = {
  kind: 'wecom',
  options: wecomOptions,
  reach: 'group',
  open: openRobot(wecomRobot),
};
