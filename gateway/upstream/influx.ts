import { Backoff } from '#kit/backoff.ts';
import { textOf } from '#kit/fault.ts';
import { UPSTREAM_FAULTS } from './faults.ts';
import { encodeEvent } from './influx-line.ts';
import type { InfluxOptions } from './influx-options.ts';
import { InfluxServer } from './influx-request.ts';
import { InfluxSender } from './influx-sender.ts';
import { openSource, type Source } from './influx-source.ts';
import type { OpenUpstream, UpstreamContext, UpstreamOpener, UpstreamStatus } from './upstream.ts';

const BACKOFF = { firstMs: 1000, mostMs: 60_000, jitter: 0.3 };
/** How often it is looked for something new, when all is sent. */
const LOOK_MS = 5000;
const ENTRIES = 100;

/** Minutes, or readings, of history to InfluxDB 1.x or VictoriaMetrics; entries of the log too where that is wanted. */
class InfluxUpstream implements OpenUpstream {
  readonly #id: string;
  readonly #context: UpstreamContext;
  readonly #source: Source;
  readonly #sender: InfluxSender;
  readonly #closing = new AbortController();
  readonly #backoff = new Backoff(BACKOFF);
  readonly #running: Promise<void>;
  /** The last entry of the log that was sent; null where none is. */
  #sequence: number | null;
  #state: UpstreamStatus['state'] = 'connecting';
  #failure: string | undefined;
  #rejected = 0;
  #rejection: string | null = null;
  #sent = 0;

  constructor(id: string, options: InfluxOptions, context: UpstreamContext, source: Source, sequence: number | null) {
    this.#id = id;
    this.#context = context;
    this.#source = source;
    this.#sequence = sequence;
    this.#sender = new InfluxSender(new InfluxServer(options, context.wire), options.batch);
    this.#running = this.#run();
  }

  status(): UpstreamStatus {
    const refused =
      this.#rejection === null
        ? undefined
        : `${this.#rejected} lines were refused for ever, the last by: ${this.#rejection}`;
    const texts = [this.#failure, this.#source.gap, refused].filter((text) => text !== undefined);
    const events = this.#sequence === null ? 0 : Math.max(0, this.#context.ledger.status().head - this.#sequence);
    const error = texts.length === 0 ? {} : { error: texts.join('; ') };
    return { state: this.#state, ...error, backlog: this.#source.backlog + events, sent: this.#sent };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      let waitMs = 0;
      try {
        const isMore = (await this.#sendEvents()) || (await this.#sendReadings());
        if (!isMore) waitMs = LOOK_MS;
        this.#backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        this.#note(textOf(error));
        waitMs = this.#backoff.next();
      }
      // Rejects only when closing, which ends the loop.
      await this.#context.wire.sleep(waitMs, signal).catch(() => {});
    }
  }

  /** Each throws where it could not be done now; gives whether there may be more. */
  async #sendReadings(): Promise<boolean> {
    const batch = await this.#source.next();
    if (batch.lines.length > 0) await this.#send(batch.lines);
    await this.#source.moveTo(batch);
    return !batch.isEnd;
  }

  async #sendEvents(): Promise<boolean> {
    const { ledger, gateway } = this.#context;
    if (this.#sequence === null || this.#sequence >= ledger.status().head) return false;
    const entries = await ledger.read(this.#sequence, ENTRIES);
    const last = entries.at(-1);
    if (last === undefined) return false;
    const lines = entries.flatMap(({ json }) => encodeEvent(gateway, json) ?? []);
    if (lines.length > 0) await this.#send(lines);
    this.#sequence = last.sequence;
    await ledger.moveCursor(this.#id, last.sequence);
    return entries.length === ENTRIES;
  }

  async #send(lines: readonly string[]): Promise<void> {
    const { failed, accepted, rejected, text } = await this.#sender.send(lines, this.#closing.signal);
    if (failed !== null) {
      this.#state = failed.isReached ? 'online' : 'offline';
      throw new Error(failed.text);
    }
    this.#state = 'online';
    this.#failure = undefined;
    this.#sent += accepted;
    if (rejected === 0) return;
    const isFirst = this.#rejection === null;
    this.#rejected += rejected;
    this.#rejection = text;
    if (isFirst)
      this.#context.log.error({ upstream: this.#id, rejected }, `upstream: lines were refused for ever: ${text}`);
  }

  #note(text: string): void {
    if (this.#failure === undefined) {
      const code = this.#state === 'online' ? UPSTREAM_FAULTS.rejected : UPSTREAM_FAULTS.unreachable;
      this.#context.log.warn({ upstream: this.#id, code }, `upstream: ${text}`);
    }
    this.#failure = text;
  }
}

export const influx: UpstreamOpener<InfluxOptions> = {
  kind: 'influx',
  async open(id, options, context) {
    const source = await openSource(id, options, context);
    const sequence = options.events ? await context.ledger.openCursor(id, options.from) : null;
    return new InfluxUpstream(id, options, context, source, sequence);
  },
};
