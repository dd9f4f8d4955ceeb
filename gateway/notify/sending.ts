import type { Message, OpenChannel, Recipient, Sent } from './channels/channel.ts';

interface Held {
  readonly channel: string;
  readonly recall: AbortController;
  done: Promise<void>;
  /** It was handed to the channel. */
  isGone: boolean;
}

/** Calls that one channel has at once; it puts them in order and merges them. */
const MOST_AT_ONCE = 200;
const CLOSED: Sent = { status: 'later', code: 'no-channel', message: 'the channel was closed', retryMs: null };

/** Which channel has which calls now, by their keys. */
export class Sending {
  readonly #channels: ReadonlyMap<string, OpenChannel>;
  readonly #held = new Map<string, Held>();
  readonly #load = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor(channels: ReadonlyMap<string, OpenChannel>) {
    this.#channels = channels;
  }

  hasRoom(channel: string): boolean {
    return (this.#load.get(channel) ?? 0) < MOST_AT_ONCE;
  }

  /** It is about to be handed to a channel. */
  hold(key: string, channel: string): void {
    this.#load.set(channel, (this.#load.get(channel) ?? 0) + 1);
    this.#held.set(key, { channel, recall: new AbortController(), done: Promise.resolve(), isGone: false });
  }

  /** Hands it over, once; null when it was before. */
  send(key: string, message: Message, recipients: readonly Recipient[]): Promise<Sent> | null {
    const held = this.#held.get(key);
    if (held === undefined || held.isGone) return null;
    held.isGone = true;
    const signal = AbortSignal.any([this.#closing.signal, held.recall.signal]);
    const sent = this.#channels.get(held.channel)?.send(message, recipients, signal) ?? Promise.resolve(CLOSED);
    held.done = sent.then(() => {});
    return sent;
  }

  /** The channel has answered, or was never given it. */
  release(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    this.#load.set(held.channel, (this.#load.get(held.channel) ?? 1) - 1);
  }

  isGone(key: string): boolean {
    return this.#held.get(key)?.isGone !== false;
  }

  /** What has not gone out yet is taken back. */
  recall(key: string): void {
    this.#held.get(key)?.recall.abort();
  }

  /** Takes all back; settles when every channel has answered. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#held.values()].map(({ done }) => done));
  }
}
