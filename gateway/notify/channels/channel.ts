import type { z } from 'zod';
import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import type { Level } from '../../rules/finding.ts';

/** What is said to people, in words that are final. */
export interface Message {
  /** Of one step of one alarm: a receiver that knows it takes the message once. */
  readonly id: string;
  readonly title: string;
  /** Plain, in the language of who gets it; says itself that it is an exercise, or repeated. */
  readonly text: string;
  /** Short, to be spoken. */
  readonly speech: string;
  readonly level: Level | null;
  readonly isExercise: boolean;
  /** Smoke or red: goes before others and is never given up for room. */
  readonly urgent: boolean;
  /** For machines: a CloudEvent, or what becomes the `data` of one. */
  readonly data: object;
  /** Where it can be answered once, without an account. */
  readonly link: string | null;
}

export interface Recipient {
  readonly person: string;
  readonly name: string;
  /** Digits, with or without `+` and country. */
  readonly phone: string | null;
  readonly email: string | null;
  /** Who it is in the company of the robot. */
  readonly user: string | null;
}

/** What became of a message. Codes are of `CHANNEL_FAULTS`, or `kind-code` as the other side gave it. */
export type Sent =
  | { readonly status: 'accepted'; readonly receipt: string | null }
  /** It is known to have reached a person's device; a call was picked up. */
  | { readonly status: 'delivered'; readonly receipt: string | null }
  /** Never by this channel: the next one is to be taken. */
  | { readonly status: 'rejected'; readonly code: string; readonly message: string }
  /** It has not gone out, and may be tried again after `retryMs`. */
  | { readonly status: 'later'; readonly code: string; readonly message: string; readonly retryMs: number | null }
  /** It may have gone out: when it is sent once more, it is to say so. */
  | { readonly status: 'unknown'; readonly code: string; readonly message: string };

/** What comes back of a message after it was sent, or while it is being sent. */
export interface Receipt {
  /** As `send` gives it; null for what answers no message that is known. */
  readonly receipt: string | null;
  readonly person: string | null;
  readonly kind: 'delivered' | 'failed' | 'acknowledged' | 'reply';
  /** Of a reply. */
  readonly text?: string;
  /** Whose reply it is. */
  readonly phone?: string;
  /** UTC milliseconds. */
  readonly at: number;
}

export interface ChannelStatus {
  readonly state: 'ready' | 'failing' | 'starting';
  /** Why it fails, for a person; never with a secret. */
  readonly error?: string;
  readonly sent: number;
  readonly failed: number;
  /** Messages that wait to go out. */
  readonly waiting: number;
  /** Codes of what a person must know of it as it is: `sim-cannot-send`, `not-registered`, `rate-limited`. */
  readonly warnings: readonly string[];
  /** How many requests may go out at once, where the other side limits them. */
  readonly tokens?: number;
  /** When `test` was last answered with `accepted` or `delivered`, UTC milliseconds. */
  readonly testedAt?: number | null;
}

/** A channel that has been opened. It is there at once, also when the other side is away. */
export interface OpenChannel extends AsyncDisposable {
  /**
   * Sends once and never throws. A channel whose reach is `person` is given one recipient. Messages of one channel may be
   * sent at the same time; it puts them in order, the urgent first. An abort takes back what has not gone out.
   */
  send(message: Message, recipients: readonly Recipient[], signal: AbortSignal): Promise<Sent>;
  status(): ChannelStatus;
  /** Calls `listener` with each receipt until the returned function is called. */
  onReceipt?(listener: (receipt: Receipt) => void): () => void;
  /** A real message to a real person that waits for the proof that it came, for the monthly test. */
  test?(message: Message, recipient: Recipient, signal: AbortSignal): Promise<Sent>;
}

export interface ChannelContext {
  /** Wall time, for what is written into messages. */
  readonly clock: Clock;
  /** Real time, for time-outs and paces. */
  readonly wire: Clock;
  readonly log: Log;
  /** The channel's own folder; made by whoever first writes to it. */
  readonly dir: string;
}

/** A way to people: `kind` in the site's `channels`, its options with secrets filled in, and how it is opened. */
export interface Channel<Options extends z.ZodObject = z.ZodObject> {
  readonly kind: string;
  readonly options: Options;
  /** Whether a message goes to one person or into a group, where personal data are masked. */
  readonly reach: 'person' | 'group';
  /** It shows what it was given last, so that it is given how things stand, not what has changed. */
  readonly shows?: 'state';
  open(id: string, options: z.output<Options>, context: ChannelContext): Promise<OpenChannel>;
}
