import { createHmac, timingSafeEqual } from 'node:crypto';

/** The companies whose group robots are simulated. */
export type RobotCompany = 'dingtalk' | 'feishu' | 'wecom';

export interface RobotNature {
  readonly company: RobotCompany;
  readonly token: string;
  /** What requests are signed with; null: nothing is asked for. */
  readonly secret: string | null;
  /** One of them must stand in the text; none: anything may. */
  readonly keywords: readonly string[];
  /** Requests in a minute; after more it takes nothing for `blockedMs`. */
  readonly aMinute: number;
  readonly blockedMs: number;
}

export interface RobotAnswer {
  readonly status: number;
  readonly body: object;
}

/** What a robot put into its group. */
export interface Said {
  readonly at: number;
  readonly text: string;
  /** Whom it names. */
  readonly named: readonly string[];
}

const HOUR_MS = 3_600_000;

/** Judges requests as the companies' own pages describe it; its group is `said`. */
export class GroupRobot {
  readonly #nature: RobotNature;
  readonly #now: () => number;
  #requests: number[] = [];
  #blockedUntil = 0;
  readonly said: Said[] = [];

  constructor(nature: RobotNature, now: () => number) {
    this.#nature = nature;
    this.#now = now;
  }

  ask(url: URL, body: Readonly<Record<string, unknown>>): RobotAnswer {
    const { company } = this.#nature;
    const now = this.#now();
    if (!this.#isOwn(url))
      return this.#refuse({ dingtalk: 300001, feishu: 19001, wecom: 93000 }[company], 'token is not exist');
    if (this.#isTooMuch(now)) {
      return this.#refuse({ dingtalk: 130101, feishu: 11232, wecom: 45009 }[company], 'send too fast');
    }
    if (!this.#isSigned(url, body, now)) return this.#refuse(company === 'feishu' ? 19021 : 310000, 'sign not match');
    const text = textOf(company, body);
    if (text === undefined)
      return this.#refuse({ dingtalk: 40035, feishu: 9499, wecom: 40008 }[company], 'Bad Request');
    const { keywords } = this.#nature;
    if (keywords.length > 0 && !keywords.some((word) => text.includes(word))) {
      return this.#refuse(company === 'feishu' ? 19024 : 310000, 'keywords not in content');
    }
    if (company === 'wecom' && Buffer.byteLength(text) > 2048) return this.#refuse(45002, 'content size out of limit');
    this.said.push({ at: now, text, named: namedIn(company, body, text) });
    return { status: 200, body: this.#body(0, 'ok') };
  }

  #isOwn(url: URL): boolean {
    const { company, token } = this.#nature;
    switch (company) {
      case 'dingtalk':
        return url.pathname.endsWith('/robot/send') && url.searchParams.get('access_token') === token;
      case 'feishu':
        return url.pathname.endsWith(`/open-apis/bot/v2/hook/${encodeURIComponent(token)}`);
      case 'wecom':
        return url.pathname.endsWith('/cgi-bin/webhook/send') && url.searchParams.get('key') === token;
      default:
        return company satisfies never;
    }
  }

  #isTooMuch(now: number): boolean {
    this.#requests = [...this.#requests.filter((at) => now - at < 60_000), now];
    if (this.#requests.length > this.#nature.aMinute) this.#blockedUntil = now + this.#nature.blockedMs;
    return now < this.#blockedUntil;
  }

  #isSigned(url: URL, body: Readonly<Record<string, unknown>>, now: number): boolean {
    const { company, secret } = this.#nature;
    if (secret === null || company === 'wecom') return true;
    const isDingtalk = company === 'dingtalk';
    const stamp = isDingtalk ? url.searchParams.get('timestamp') : body.timestamp;
    const sign = isDingtalk ? url.searchParams.get('sign') : body.sign;
    if (typeof stamp !== 'string' || typeof sign !== 'string') return false;
    if (Math.abs(now - Number(stamp) * (isDingtalk ? 1 : 1000)) > HOUR_MS) return false;
    const both = [stamp, secret].join('\n');
    const wanted = isDingtalk ? createHmac('sha256', secret).update(both) : createHmac('sha256', both).update('');
    const bytes = wanted.digest();
    const given = Buffer.from(sign, 'base64');
    return given.length === bytes.length && timingSafeEqual(given, bytes);
  }

  #refuse = (code: number, text: string): RobotAnswer => ({ status: 200, body: this.#body(code, text) });

  #body = (code: number, text: string): object =>
    this.#nature.company === 'feishu' ? { code, msg: text, data: {} } : { errcode: code, errmsg: text };
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function textOf(company: RobotCompany, body: Readonly<Record<string, unknown>>): string | undefined {
  const isText = body[company === 'feishu' ? 'msg_type' : 'msgtype'] === 'text';
  const text = company === 'feishu' ? recordOf(body.content).text : recordOf(body.text).content;
  return isText && typeof text === 'string' ? text : undefined;
}

function namedIn(company: RobotCompany, body: Readonly<Record<string, unknown>>, text: string): string[] {
  switch (company) {
    case 'dingtalk': {
      const { atMobiles, atUserIds } = recordOf(body.at);
      return [...listOf(atMobiles), ...listOf(atUserIds)].filter((who) => text.includes(`@${who}`));
    }
    case 'feishu':
      return [...text.matchAll(/<at user_id="([^"]*)">/g)].map(([, who]) => who ?? '');
    case 'wecom': {
      const { mentioned_list, mentioned_mobile_list } = recordOf(body.text);
      return [...listOf(mentioned_list), ...listOf(mentioned_mobile_list)];
    }
    default:
      return company satisfies never;
  }
}
