import { z } from 'zod';
import type {
  Channel,
  ChannelContext,
  ChannelStatus,
  Message,
  OpenChannel,
  Receipt,
  Recipient,
  Sent,
} from '../channel.ts';
import { CHANNEL_FAULTS } from '../faults.ts';
import { duration } from '../fields.ts';
import { Lane } from '../lane.ts';
import { Receipts } from '../receipts.ts';
import { accepted, delivered, rejected } from '../sent.ts';
import { Tally } from '../tally.ts';
import { dialled } from './address.ts';
import type { Modem } from './modem.ts';
import { modemOptions } from './modem-options.ts';
import { shareModem } from './modem-pool.ts';
import { sendSms } from './send-sms.ts';
import { SentBook } from './sent-book.ts';

const smsOptions = z.object({
  modem: modemOptions,
  /** How long the network tries to deliver it. */
  validity: duration('12h'),
  /** How long a test waits for the delivery report. */
  testWait: duration('3min'),
});

export type SmsOptions = z.output<typeof smsOptions>;

export const MOST_TEXTS_WAITING = 200;

/** Text messages by a 4G modem. The receipt of a message is its own id. */
export class SmsChannel implements OpenChannel {
  readonly #options: SmsOptions;
  readonly #context: ChannelContext;
  readonly #modem: Modem;
  readonly #lane = new Lane(1, MOST_TEXTS_WAITING);
  readonly #tally = new Tally();
  readonly #book: SentBook;
  readonly #receipts = new Receipts();
  readonly #stopListening: () => void;
  /** Of texts in several parts; begins anywhere, so that those of before a restart are not mixed with them. */
  #reference = Math.floor(Math.random() * 256);

  constructor(options: SmsOptions, context: ChannelContext, modem: Modem) {
    this.#options = options;
    this.#context = context;
    this.#modem = modem;
    this.#book = new SentBook(context.dir, context.log, (receipt) => this.#receipts.give(receipt));
    this.#stopListening = modem.onIncoming((incoming) => this.#book.take(incoming, context.clock.now()));
  }

  async load(): Promise<void> {
    await this.#book.load();
  }

  async send(message: Message, recipients: readonly Recipient[], signal: AbortSignal): Promise<Sent> {
    const [recipient] = recipients;
    const to = dialled(recipient?.phone ?? '');
    if (recipient === undefined || to === undefined) {
      return this.#tally.count(rejected(CHANNEL_FAULTS.noAddress, 'there is no number of the recipient'));
    }
    const { clock, wire } = this.#context;
    const out = this.#modem.holdText();
    const sent = await this.#lane
      .run(message.urgent, signal, async (stop) => {
        this.#reference = (this.#reference + 1) & 0xff;
        const sms = {
          to,
          text: message.text,
          tail: message.link === null ? '' : ` ${message.link}`,
          reference: this.#reference,
          validityMs: this.#options.validity,
          isUrgent: message.urgent,
        };
        const { sent, references } = await sendSms(this.#modem, sms, wire, stop);
        // What may be on its way may be reported too.
        if (sent.status === 'accepted' || sent.status === 'unknown') {
          this.#book.add({ receipt: message.id, person: recipient.person, phone: to, at: clock.now() }, references);
        }
        return sent.status === 'accepted' ? accepted(message.id) : sent;
      })
      .finally(out);
    return this.#tally.count(sent);
  }

  /** Waits for the delivery report; without one the message counts as accepted, and the test as passed that far only. */
  async test(message: Message, recipient: Recipient, signal: AbortSignal): Promise<Sent> {
    const { promise, resolve } = Promise.withResolvers<Sent>();
    const stop = this.onReceipt(({ receipt, kind }) => {
      if (receipt !== message.id) return;
      if (kind === 'delivered') resolve(delivered(message.id));
      if (kind === 'failed') resolve(rejected(CHANNEL_FAULTS.undelivered, 'the network could not deliver it'));
    });
    try {
      const sent = await this.send(message, [recipient], signal);
      if (sent.status !== 'accepted') return sent;
      const waited = this.#context.wire.sleep(this.#options.testWait, signal).then(
        () => sent,
        () => sent,
      );
      return this.#tally.tested(await Promise.race([promise, waited]), this.#context.clock.now());
    } finally {
      stop();
    }
  }

  onReceipt(listener: (receipt: Receipt) => void): () => void {
    return this.#receipts.listen(listener);
  }

  status(): ChannelStatus {
    const { state, error, warnings } = this.#modem.status();
    const own = this.#tally.status(this.#lane.waiting, warnings);
    // The modem's own troubles are told first: they are why messages fail.
    return state === 'ready' ? own : { ...own, state, ...(error !== undefined && { error }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening();
    await this.#lane.close();
    await this.#book.written();
  }
}

export const sms: Channel<typeof smsOptions> = {
  kind: 'sms',
  options: smsOptions,
  reach: 'person',
  async open(_id, options, context) {
    const used = shareModem(options.modem, context);
    const channel = new SmsChannel(options, context, used.modem);
    await channel.load();
    return {
      send: (message, recipients, signal) => channel.send(message, recipients, signal),
      test: (message, recipient, signal) => channel.test(message, recipient, signal),
      onReceipt: (listener) => channel.onReceipt(listener),
      status: () => channel.status(),
      async [Symbol.asyncDispose]() {
        // What is under way ends with the modem; one that others use goes on.
        await Promise.all([channel[Symbol.asyncDispose](), used[Symbol.asyncDispose]()]);
      },
    };
  },
};
