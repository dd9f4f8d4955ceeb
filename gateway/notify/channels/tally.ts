import type { ChannelStatus, Sent } from './channel.ts';
import { isTakenBack } from './lane.ts';
import { hasGone } from './sent.ts';

/** Counts what became of messages, for the status of a channel. */
export class Tally {
  #sent = 0;
  #failed = 0;
  #error: string | undefined;
  #testedAt: number | null = null;

  /** Counts the answer and gives it back. What was taken back is no failure. */
  count(sent: Sent): Sent {
    if (hasGone(sent)) {
      this.#sent++;
      this.#error = undefined;
    } else if ('message' in sent && !isTakenBack(sent)) {
      this.#failed++;
      this.#error = `${sent.code}: ${sent.message}`;
    }
    return sent;
  }

  tested(sent: Sent, at: number): Sent {
    if (hasGone(sent)) this.#testedAt = at;
    return sent;
  }

  status(waiting: number, warnings: readonly string[] = []): ChannelStatus {
    const { state, error } =
      this.#error === undefined
        ? { state: 'ready' as const, error: {} }
        : { state: 'failing' as const, error: { error: this.#error } };
    return { state, ...error, sent: this.#sent, failed: this.#failed, waiting, warnings, testedAt: this.#testedAt };
  }
}
