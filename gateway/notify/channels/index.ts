import type { Channel } from './channel.ts';
import { ledBoard } from './led-board.ts';
import { sms } from './modem/sms.ts';
import { voice } from './modem/voice.ts';
import { dingtalk } from './robots/dingtalk.ts';
import { feishu } from './robots/feishu.ts';
import { wecom } from './robots/wecom.ts';
import { smtp } from './smtp.ts';
import { webhook } from './webhook.ts';

/** Every kind of channel to people. */
export const channels: readonly Channel[] = [dingtalk, feishu, ledBoard, sms, smtp, voice, webhook, wecom];
