import { z } from 'zod';
import type { Channel, ChannelContext, Message, OpenChannel, Recipient, Sent } from './channel.ts';
import { CHANNEL_FAULTS } from './faults.ts';
import { duration, secret } from './fields.ts';
import { hiding } from './hidden.ts';
import { later, rejected } from './sent.ts';
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

interface Job {
  readonly isUrgent: boolean;
  readonly start: () => void;
  readonly give: (sent: Sent) => void;
}

/** Mails, each on a connection of its own: one that hangs holds up nothing but itself. */
class SmtpChannel implements OpenChannel {
  readonly #options: SmtpOptions;
  readonly #context: ChannelContext;
  readonly #closing = new AbortController();
  readonly #hide: (text: string) => string;
  readonly #tally = new Tally();
  #jobs: Job[] = [];
  #underWay = 0;

  constructor(options: SmtpOptions, context: ChannelContext) {
    this.#options = options;
    this.#context = context;
    const { username = '', password = '' } = options;
    const encoded = [password, `\0${username}\0${password}`].map((text) => Buffer.from(text).toString('base64'));
    this.#hide = hiding([options.password, ...encoded]);
  }

  send(message: Message, recipients: readonly Recipient[], signal: AbortSignal): Promise<Sent> {
    const email = recipients[0]?.email ?? null;
    const isAddress = email !== null && z.email().safeParse(email).success;
    if (!isAddress) {
      return Promise.resolve(
        this.#tally.count(rejected(CHANNEL_FAULTS.noAddress, 'there is no address of the recipient')),
      );
    }
    if (signal.aborted || this.#closing.signal.aborted) return Promise.resolve(this.#takenBack());
    const { promise, resolve } = Promise.withResolvers<Sent>();
    const job: Job = {
      isUrgent: message.urgent,
      start: () => {
        signal.removeEventListener('abort', abort);
        const stop = AbortSignal.any([signal, this.#closing.signal]);
        void sendMail(this.#options, message, email, this.#context, this.#hide, stop).then((sent) => {
          this.#underWay--;
          job.give(this.#tally.count(sent));
          this.#look();
        });
      },
      give: resolve,
    };
    const abort = () => {
      this.#jobs = this.#jobs.filter((each) => each !== job);
      resolve(this.#takenBack());
    };
    signal.addEventListener('abort', abort, { once: true });
    const place = message.urgent ? this.#jobs.findIndex(({ isUrgent }) => !isUrgent) : -1;
    this.#jobs.splice(place === -1 ? this.#jobs.length : place, 0, job);
    if (this.#jobs.length > MOST_MAILS_WAITING) {
      this.#jobs.pop()?.give(this.#tally.count(later(CHANNEL_FAULTS.queueFull, `${MOST_MAILS_WAITING} mails wait`)));
    }
    this.#look();
    return promise;
  }

  async test(message: Message, recipient: Recipient, signal: AbortSignal): Promise<Sent> {
    return this.#tally.tested(await this.send(message, [recipient], signal), this.#context.clock.now());
  }

  status() {
    return this.#tally.status(this.#jobs.length + this.#underWay);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    for (const { give } of this.#jobs.splice(0)) give(this.#takenBack());
  }

  #takenBack = (): Sent => this.#tally.count(later(CHANNEL_FAULTS.cancelled, 'taken back'), true);

  #look(): void {
    while (this.#underWay < MOST_AT_ONCE && this.#jobs.length > 0 && !this.#closing.signal.aborted) {
      this.#underWay++;
      this.#jobs.shift()?.start();
    }
  }
}

export const smtp: Channel<typeof smtpOptions> = {
  kind: 'smtp',
  options: smtpOptions,
  reach: 'person',
  open: async (_id, options, context) => new SmtpChannel(options, context),
};
