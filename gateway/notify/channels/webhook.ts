import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Channel, ChannelContext, Message, OpenChannel, Recipient, Sent } from './channel.ts';
import { CHANNEL_FAULTS } from './faults.ts';
import { duration, httpUrl, secret } from './fields.ts';
import { hiding } from './hidden.ts';
import { type Posted, post } from './http-post.ts';
import { accepted, later, rejected, unknown } from './sent.ts';
import { Tally } from './tally.ts';

const webhookOptions = z.object({
  url: httpUrl(),
  /** Signs each request; `whsec_…` is base64, as Standard Webhooks has it. */
  secret: secret().optional(),
  /** Sent as `Authorization: Bearer`. */
  token: secret().optional(),
  timeout: duration('15s'),
});

type WebhookOptions = z.output<typeof webhookOptions>;

/** Requests under way at once; more wait with the caller. */
const MOST_UNDER_WAY = 20;

/** The signature of Standard Webhooks 1.0.0, section "Signature scheme": HMAC-SHA256 over `id.timestamp.body`. */
export function signWebhook(key: string, id: string, seconds: number, body: string): string {
  const bytes = key.startsWith('whsec_') ? Buffer.from(key.slice(6), 'base64') : Buffer.from(key);
  return `v1,${createHmac('sha256', bytes).update(`${id}.${seconds}.${body}`).digest('base64')}`;
}

/** A CloudEvent in structured mode; what the message says of itself goes before what is filled in, but for its id. */
export function encodeEvent(channel: string, message: Message, recipients: readonly Recipient[], at: number): string {
  const isEvent = 'specversion' in message.data;
  const { title, text, level, isExercise, urgent, link } = message;
  const call = { title, text, level, exercise: isExercise, urgent, link };
  // Who is called, and no number of theirs: those are in the site's own file only.
  const people = recipients.map(({ person, user }) => ({ person, user }));
  return JSON.stringify({
    specversion: '1.0',
    source: `/gengfu/channels/${channel}`,
    type: 'city.gengfu.call',
    time: new Date(at).toISOString(),
    datacontenttype: 'application/json',
    ...(isEvent ? message.data : { data: { ...call, recipients: people, about: message.data } }),
    id: message.id,
  });
}

class WebhookChannel implements OpenChannel {
  readonly #id: string;
  readonly #options: WebhookOptions;
  readonly #context: ChannelContext;
  readonly #closing = new AbortController();
  readonly #hide: (text: string) => string;
  readonly #tally = new Tally();
  #underWay = 0;

  constructor(id: string, options: WebhookOptions, context: ChannelContext) {
    this.#id = id;
    this.#options = options;
    this.#context = context;
    this.#hide = hiding([options.secret, options.token]);
  }

  async send(message: Message, recipients: readonly Recipient[], signal: AbortSignal): Promise<Sent> {
    if (signal.aborted || this.#closing.signal.aborted) {
      return this.#tally.count(later(CHANNEL_FAULTS.cancelled, 'taken back'));
    }
    if (this.#underWay >= MOST_UNDER_WAY && !message.urgent) {
      return this.#tally.count(later(CHANNEL_FAULTS.queueFull, `${MOST_UNDER_WAY} requests are under way`, 1000));
    }
    this.#underWay++;
    try {
      const posted = await this.#post(message, recipients, signal);
      // A server that says what it was sent says a one-time link and who is called, too.
      const users = recipients.map(({ user }) => user ?? undefined);
      const hide = hiding([message.link ?? undefined, ...users]);
      return this.#tally.count(this.#answerOf(posted, (text) => hide(this.#hide(text))));
    } finally {
      this.#underWay--;
    }
  }

  async test(message: Message, recipient: Recipient, signal: AbortSignal): Promise<Sent> {
    return this.#tally.tested(await this.send(message, [recipient], signal), this.#context.clock.now());
  }

  status() {
    return this.#tally.status(this.#underWay);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
  }

  #post(message: Message, recipients: readonly Recipient[], signal: AbortSignal): Promise<Posted> {
    const { url, secret: key, token, timeout } = this.#options;
    const at = this.#context.clock.now();
    const body = encodeEvent(this.#id, message, recipients, at);
    const seconds = Math.floor(at / 1000);
    return post({
      url,
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'webhook-id': message.id,
        'webhook-timestamp': String(seconds),
        ...(key !== undefined && { 'webhook-signature': signWebhook(key, message.id, seconds, body) }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body,
      timeoutMs: timeout,
      wire: this.#context.wire,
      closing: AbortSignal.any([signal, this.#closing.signal]),
    });
  }

  #answerOf(posted: Posted, hide: (text: string) => string): Sent {
    if (posted.kind === 'unreachable') return later(posted.code, posted.text);
    if (posted.kind === 'unknown') return unknown(posted.code, posted.text);
    const { status, text, retryMs } = posted;
    if (status >= 200 && status < 300) return accepted();
    const said = hide(`${status} ${text}`);
    if (status === 408 || status === 429 || status >= 500) return later(`http-${status}`, said, retryMs);
    return rejected(`http-${status}`, said);
  }
}

export const webhook: Channel<typeof webhookOptions> = {
  kind: 'webhook',
  options: webhookOptions,
  reach: 'group',
  open: async (id, options, context) => new WebhookChannel(id, options, context),
};
