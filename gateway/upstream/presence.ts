import type { Trust } from '#kit/clock.ts';
import { type StatusPayload, statusMessage } from './mqtt-message.ts';
import type { Message } from './mqtt-session.ts';
import type { UpstreamContext } from './upstream.ts';

const SAY_EVERY_MS = 60_000;
const LOOK_EVERY_MS = 5000;

/** When the retained status is due on a connection, and what it says: at its begin, when the clock's trust changes, each minute. */
export class Presence {
  readonly #context: UpstreamContext;
  #saidAt = 0;
  #trust: Trust = 'unknown';
  isDue = false;
  isInFlight = false;

  constructor(context: UpstreamContext) {
    this.#context = context;
  }

  /** A connection begins. Calls `onDue` whenever the status is due until the returned function is called. */
  watch(onDue: () => void): () => void {
    const { wire, clock } = this.#context;
    this.isDue = true;
    this.isInFlight = false;
    let cancel = () => {};
    const lookLater = () => {
      cancel = wire.after(LOOK_EVERY_MS, () => {
        lookLater();
        this.isDue ||= wire.tick() - this.#saidAt >= SAY_EVERY_MS || clock.trust() !== this.#trust;
        if (this.isDue) onDue();
      });
    };
    lookLater();
    return () => cancel();
  }

  /** The message to send now; it is in flight until `isInFlight` is taken back. */
  say(state: StatusPayload['state'], backlog: number): Message {
    const { gateway, version, clock, wire } = this.#context;
    this.isDue = false;
    this.isInFlight = true;
    this.#saidAt = wire.tick();
    this.#trust = clock.trust();
    const at = new Date(clock.now()).toISOString();
    return statusMessage({ state, gateway, version, clock: this.#trust, backlog, at });
  }
}
