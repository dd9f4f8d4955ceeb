import type { InfluxServer, Outcome } from './influx-request.ts';

/** What became of a batch. */
export interface Sent {
  /** Null when all of it is settled: stored, or set aside for ever. Else why it has to be sent again. */
  readonly failed: { readonly text: string; readonly isReached: boolean } | null;
  readonly accepted: number;
  /** Lines that the other side will never take. */
  readonly rejected: number;
  /** What it said of the last of them. */
  readonly text: string | null;
}

/** Requests to find the lines over which a batch was refused; what is still together then is set aside together. */
const MOST_REQUESTS = 60;

/**
 * Sends batches so that one line that the other side cannot take harms no other: what is too large is halved, what is
 * refused is parted until the wrong lines are alone. Where not one line of several is taken, it is not the lines' fault.
 */
export class InfluxSender {
  readonly #server: InfluxServer;
  #most: number;

  constructor(server: InfluxServer, most: number) {
    this.#server = server;
    this.#most = most;
  }

  /** Lines of one request. */
  get most(): number {
    return this.#most;
  }

  async send(lines: readonly string[], signal: AbortSignal): Promise<Sent> {
    const waiting: (readonly string[])[] = [];
    for (let at = 0; at < lines.length; at += this.#most) waiting.push(lines.slice(at, at + this.#most));
    let [accepted, rejected, requests] = [0, 0, 0];
    let text: string | null = null;
    let isUnderstood = false;
    const fail = (why: string, isReached: boolean): Sent => ({
      failed: { text: why, isReached },
      accepted,
      rejected: 0,
      text: null,
    });
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      const outcome = await this.#write(part, signal);
      if (outcome.kind === 'later') return fail(outcome.text, outcome.isReached);
      if (outcome.kind === 'no-database') return fail('there is no database, and it was not made', true);
      isUnderstood ||= outcome.kind === 'accepted' || outcome.kind === 'partial';
      if (outcome.kind === 'accepted') accepted += part.length;
      else if (outcome.kind === 'partial') {
        const dropped = Math.min(outcome.dropped, part.length);
        rejected += dropped;
        accepted += part.length - dropped;
        text = outcome.text;
      } else {
        text = outcome.kind === 'rejected' ? outcome.text : '413 a line too large';
        const half = Math.ceil(part.length / 2);
        if (outcome.kind === 'too-large') this.#most = Math.min(this.#most, half);
        const isAlone = part.length === 1 || (outcome.kind === 'rejected' && ++requests > MOST_REQUESTS);
        if (isAlone) rejected += part.length;
        else waiting.unshift(part.slice(0, half), part.slice(half));
      }
    }
    if (!isUnderstood && rejected > 1) return fail(text ?? 'refused', true);
    return { failed: null, accepted, rejected, text };
  }

  async #write(lines: readonly string[], signal: AbortSignal): Promise<Outcome> {
    const outcome = await this.#server.write(lines, signal);
    if (outcome.kind !== 'no-database') return outcome;
    const failed = await this.#server.createDatabase(signal);
    if (failed !== undefined) return { kind: 'later', text: `there is no database: ${failed}`, isReached: true };
    return this.#server.write(lines, signal);
  }
}
