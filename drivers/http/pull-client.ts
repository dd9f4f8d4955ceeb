import { Backoff } from '#kit/backoff.ts';
import type { Clock } from '#kit/clock.ts';
import { textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { lookUp } from '../json-path.ts';
import { parsePayload } from '../json-payload.ts';

/** One message of the relay, numbered or named by it. */
export interface RelayMessage {
  readonly id: string;
  readonly body: unknown;
}

export interface PullOptions {
  readonly url: string;
  readonly everyMs: number;
  readonly token: string | undefined;
  /** A whole answer must have come in by then. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

const MOST_MESSAGES = 1000;
const LONGEST_ID = 256;

type Answered = { readonly messages: readonly RelayMessage[] } | { readonly flaw: string };

/** The messages of an answer; a relay that leaves out an id, or gives no list, could not be asked for what comes after. */
export function parseMessages(body: Buffer): Answered {
  const parsed = parsePayload(body);
  if (parsed === undefined || !Array.isArray(parsed.json)) return { flaw: 'its answer is no JSON list of messages' };
  if (parsed.json.length > MOST_MESSAGES) return { flaw: `its answer holds more than ${MOST_MESSAGES} messages` };
  const messages: RelayMessage[] = [];
  for (const each of parsed.json) {
    const id = lookUp(each, ['id']);
    const text = typeof id === 'number' || typeof id === 'string' ? String(id) : '';
    if (text === '' || text.length > LONGEST_ID) return { flaw: 'a message of its answer has no id' };
    messages.push({ id: text, body: lookUp(each, ['body']) });
  }
  return { messages };
}

/** The body of an answer, of which no more than `most` bytes are ever held. */
async function readBounded(response: Response, most: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

/**
 * Asks a relay for what came after the last message that was taken: `GET url?after=ID` → `[{ "id": …, "body": … }]`, oldest
 * first, in pages of its own size. Goes on at once while there is more, after a failure with back-off, for ever.
 */
export class PullClient {
  readonly #options: PullOptions;
  readonly #wire: Clock;
  readonly #log: Log;
  readonly #backoff = new Backoff({ firstMs: 1000, mostMs: 60_000, jitter: 0.3 });
  readonly counts = { pulls: 0, pullFailures: 0 };
  state: 'up' | 'down' | 'connecting' = 'connecting';
  error: string | undefined;

  constructor(options: PullOptions, context: { readonly wire: Clock; readonly log: Log }) {
    this.#options = options;
    this.#wire = context.wire;
    this.#log = context.log;
  }

  /** Until the signal; `take` says whether the message was handed on, and `onTaken` is told the new cursor. */
  async run(
    cursor: string | undefined,
    take: (message: RelayMessage) => Promise<boolean>,
    onTaken: (cursor: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let after = cursor;
    while (!signal.aborted) {
      const answered = await this.#ask(after, signal);
      if (signal.aborted) return;
      let waitMs = this.#options.everyMs;
      if ('flaw' in answered) waitMs = this.#fail(answered.flaw);
      else {
        this.#succeed();
        for (const message of answered.messages) {
          if (!(await take(message))) break;
          after = message.id;
          onTaken(after);
        }
        const isAllTaken = after === answered.messages.at(-1)?.id;
        if (answered.messages.length > 0 && isAllTaken) waitMs = 0;
      }
      // A relay that ignores the cursor would be asked without end: one more answer at most a second.
      await this.#wire.sleep(Math.max(waitMs, 1000), signal).catch(() => {});
    }
  }

  async #ask(after: string | undefined, signal: AbortSignal): Promise<Answered> {
    const { url, token, timeoutMs, maxBytes } = this.#options;
    const target = new URL(url);
    if (after !== undefined) target.searchParams.set('after', after);
    const late = new AbortController();
    const cancel = this.#wire.after(timeoutMs, () => late.abort(new Error(`no answer within ${timeoutMs} ms`)));
    try {
      const response = await fetch(target, {
        headers: { Accept: 'application/json', ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) },
        redirect: 'manual',
        signal: AbortSignal.any([signal, late.signal]),
      });
      if (response.status !== 200) {
        await response.body?.cancel();
        return { flaw: `it answers with ${response.status}` };
      }
      const body = await readBounded(response, maxBytes);
      return body === undefined ? { flaw: `its answer is larger than ${maxBytes} bytes` } : parseMessages(body);
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      return { flaw: textOf(cause) };
    } finally {
      cancel();
      late.abort();
    }
  }

  #succeed(): void {
    this.counts.pulls++;
    if (this.#backoff.failures > 0)
      this.#log.info({ failures: this.#backoff.failures }, 'http: the relay answers again');
    this.#backoff.reset();
    this.state = 'up';
    this.error = undefined;
  }

  #fail(flaw: string): number {
    this.counts.pullFailures++;
    // The address may hold what is nobody else's business; its host says enough.
    this.error = `relay ${new URL(this.#options.url).host}: ${flaw}`;
    if (this.#backoff.failures === 0) this.#log.warn({ error: this.error }, 'http: the relay cannot be asked');
    this.state = 'down';
    return this.#backoff.next();
  }
}
