import type { Message } from './channels/channel.ts';
import type { Language } from './people.ts';

/** What a channel is tried with: nobody can take it for an alarm. */
export function testMessage(site: string, by: string, at: number, language: Language): Message {
  const isChinese = language === 'zh';
  const title = isChinese ? `【测试】${site} 通知渠道测试` : `[TEST] ${site}: a test of this channel`;
  const text = isChinese ? `${title}，无需处置。发起：${by}` : `${title}. Nothing is to be done. By ${by}`;
  const speech = isChinese ? `测试，${site}通知渠道测试，收到请按1` : `Test of this channel by ${site}. Press 1.`;
  return {
    ...{ id: `test:${at}`, title, text, speech, level: null, isExercise: true, urgent: false, link: null },
    data: { type: 'city.gengfu.channel.test', at, by },
  };
}
