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
import { rejected } from '../sent.ts';
import { Tally } from '../tally.ts';
import { dialled } from './address.ts';
import type { Modem } from './modem.ts';
import { modemOptions } from './modem-options.ts';
import { shareModem } from './modem-pool.ts';
import { placeCall } from './place-call.ts';

const voiceOptions = z.object({
  modem: modemOptions,
  /** How long it rings at most. */
  ring: duration('40s'),
  /** How long it plays its message, again and again, once it was picked up. */
  listen: duration('30s'),
  /** The key that acknowledges. */
  key: z.enum(['any', ...'0123456789*#']).default('any'),
});

export type VoiceOptions = z.output<typeof voiceOptions>;

export const MOST_CALLS_WAITING = 50;

/** Calls by a 4G modem, one at a time. The receipt of a message is its own id. */
export class VoiceChannel implements OpenChannel {
  readonly #options: VoiceOptions;
  readonly #context: ChannelContext;
  readonly #modem: Modem;
  readonly #lane = new Lane(1, MOST_CALLS_WAITING);
  readonly #tally = new Tally();
  readonly #receipts = new Receipts();

  constructor(options: VoiceOptions, context: ChannelContext, modem: Modem) {
    this.#options = options;
    this.#context = context;
    this.#modem = modem;
  }

  async send(message: Message, recipients: readonly Recipient[], signal: AbortSignal): Promise<Sent> {
    const [recipient] = recipients;
    const to = dialled(recipient?.phone ?? '');
    if (recipient === undefined || to === undefined) {
      return this.#tally.count(rejected(CHANNEL_FAULTS.noAddress, 'there is no number of the recipient'));
    }
    const { ring: ringMs, listen: listenMs, key, modem } = this.#options;
    const { id: receipt, speech, urgent: isUrgent } = message;
    const call = { to, speech, isUrgent, ringMs, listenMs, make: modem.make, key: key === 'any' ? null : key, receipt };
    const acknowledge = () => {
      const at = this.#context.clock.now();
      this.#receipts.give({ receipt, person: recipient.person, kind: 'acknowledged', at });
    };
    const sent = await this.#lane.run(isUrgent, signal, (stop) =>
      placeCall(this.#modem, call, this.#context.wire, stop, acknowledge),
    );
    return this.#tally.count(sent);
  }

  async test(message: Message, recipient: Recipient, signal: AbortSignal): Promise<Sent> {
    return this.#tally.tested(await this.send(message, [recipient], signal), this.#context.clock.now());
  }

  onReceipt(listener: (receipt: Receipt) => void): () => void {
    return this.#receipts.listen(listener);
  }

  status(): ChannelStatus {
    const { state, error, warnings } = this.#modem.status();
    const own = this.#tally.status(this.#lane.waiting, warnings);
    return state === 'ready' ? own : { ...own, state, ...(error !== undefined && { error }) };
  }

  [Symbol.asyncDispose]() {
    return this.#lane.close();
  }
}

export const voice: Channel<typeof voiceOptions> = {
  kind: 'voice',
  options: voiceOptions,
  reach: 'person',
  async open(_id, options, context) {
    const used = shareModem(options.modem, context);
    const channel = new VoiceChannel(options, context, used.modem);
    return {
      send: (message, recipients, signal) => channel.send(message, recipients, signal),
      test: (message, recipient, signal) => channel.test(message, recipient, signal),
      onReceipt: (listener) => channel.onReceipt(listener),
      status: () => channel.status(),
      async [Symbol.asyncDispose]() {
        await channel[Symbol.asyncDispose]();
        await used[Symbol.asyncDispose]();
      },
    };
  },
};
