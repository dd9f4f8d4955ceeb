import { z } from 'zod';
import type { Channel, ChannelContext, Message, OpenChannel, Recipient, Sent } from './channel.ts';
import { CHANNEL_FAULTS } from './faults.ts';
import { duration, secret } from './fields.ts';
import { hiding } from './hidden.ts';
import { Lane } from './lane.ts';
import { rejected } from './sent.ts';
import { sendMail } from './smtp-session.ts';
import { Tally } from './tally.ts';

const smtpOptions = z.object({
  host: z.string().min(1).max(253),
  /** 587, or 465 where `tls` is `implicit`. */
  port: z.int().min(1).max(65_535).optional(),
  /** `starttls` fails where the server has none; `none` is for a server on the box itself. */
  tls: z.enum(['starttls', 'implicit', 'none']).default('starttls'),
  /** Path of a file of certificates (PEM) that are trusted instead of the system's. */
  ca: z.string().optional(),
  username: z.string().min(1).optional(),
  password: secret().optional(),
  from: z.email(),
  /** What stands before the address. */
  sender: z.string().max(60).default('更夫'),
  timeout: duration('30s'),
});

export type SmtpOptions = z.output<typeof smtpOptions>;

/** Connections at once; servers refuse many. */
const MOST_AT_ONCE = 4;
export const MOST_MAILS_WAITING = 200;

/** Mails, each on a connection of its own: one that hangs holds up nothing but itself. */
class SmtpChannel implements OpenChannel {
  readonly #options: SmtpOptions;
  readonly #context: ChannelContext;
  readonly #lane = new Lane(MOST_AT_ONCE, MOST_MAILS_WAITING);
  readonly #hide: (text: string) => string;
  readonly #tally = new Tally();

  constructor(options: SmtpOptions, context: ChannelContext) {
    this.#options = options;
    this.#context = context;
    const { username = '', password = '' } = options;
    const encoded = [password, `\0${username}\0${password}`].map((text) => Buffer.from(text).toString('base64'));
    this.#hide = hiding([options.password, ...encoded]);
  }

  async send(message: Message, recipients: readonly Recipient[], signal: AbortSignal): Promise<Sent> {
    const email = recipients[0]?.email ?? null;
    if (email === null || !z.email().safeParse(email).success) {
      return this.#tally.count(rejected(CHANNEL_FAULTS.noAddress, 'there is no address of the recipient'));
    }
    // A server that refuses a recipient names it.
    const hideWho = hiding([email]);
    const hide = (text: string) => hideWho(this.#hide(text));
    const sent = await this.#lane.run(message.urgent, signal, (stop) =>
      sendMail(this.#options, message, email, this.#context, hide, stop),
    );
    return this.#tally.count(sent);
  }

  async test(message: Message, recipient: Recipient, signal: AbortSignal): Promise<Sent> {
    return this.#tally.tested(await this.send(message, [recipient], signal), this.#context.clock.now());
  }

  status() {
    return this.#tally.status(this.#lane.waiting);
  }

  [Symbol.asyncDispose]() {
    return this.#lane.close();
  }
}

export const smtp: Channel<typeof smtpOptions> = {
  kind: 'smtp',
  options: smtpOptions,
  reach: 'person',
  open: async (_id, options, context) => new SmtpChannel(options, context),
};
