import type { ServerResponse } from 'node:http';
import { textOf } from '#kit/fault.ts';
import type { Reading } from '../../drivers/reading.ts';
import type { Session } from '../ledger/accounts.ts';
import type { ApiContext } from './context.ts';
import { encodeEntry, encodeFrame, LiveClient } from './live-client.ts';
import type { SessionEnd } from './sessions.ts';

export const MOST_CLIENTS = 64;
const READINGS_MS = 250;
const HEALTH_MS = 1000;
const STATUS_MS = 5000;
const HEARTBEAT_MS = 15_000;

/** What changes, told to every open page: entries as they become durable, readings, and how the gateway does. */
export class Live implements Disposable {
  readonly #context: ApiContext;
  readonly #isOpen: (session: Session) => Promise<boolean>;
  readonly #clients = new Set<LiveClient>();
  /** Readings since the last flush, the newest of each point. */
  readonly #newest = new Map<string, Reading>();
  readonly #stops: (() => void)[];
  #flushing = false;
  #ready: string | undefined;

  constructor(context: ApiContext, isOpen: (session: Session) => Promise<boolean>) {
    this.#context = context;
    this.#isOpen = isOpen;
    this.#stops = [
      context.onReadings((batch) => this.#note(batch)),
      context.ledger.onCommit((entries) => this.#commit(entries)),
      this.#every(HEALTH_MS, () => this.#watchHealth()),
      this.#every(STATUS_MS, () => this.#tell(this.#statusFrame())),
      this.#every(HEARTBEAT_MS, () => this.#beat()),
    ];
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Takes over a response whose head is written. `after` is the last entry its reader has; left out: from now on. */
  join(session: Session, stream: ServerResponse, after?: number): void {
    if (stream.destroyed) return;
    const { head } = this.#context.ledger.status();
    const client = new LiveClient(session, stream, after ?? head, head);
    this.#clients.add(client);
    stream.on('close', () => this.#clients.delete(client));
    // A socket that fails closes too, which is all there is to do about it.
    stream.on('error', () => client.cut());
    // The number with the first event: whoever comes back before any entry has come misses none.
    client.write(`retry: 2000\n${this.#statusFrame(client.sent)}`);
    client.catchUp(this.#context.ledger).catch((error: unknown) => {
      this.#context.log.warn({ account: session.account, error: textOf(error) }, 'live stream ended: log not readable');
      client.end();
    });
  }

  /** Ends the streams of sessions that are no more. */
  end(ended: SessionEnd): void {
    for (const client of this.#clients) {
      const { id, account } = client.session;
      if ('id' in ended ? ended.id === id : ended.account === account) client.end();
    }
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stops) stop();
    for (const client of this.#clients) client.end();
  }

  /** On the reading path: takes note and returns. */
  #note(batch: readonly Reading[]): void {
    if (this.#clients.size === 0) return;
    for (const reading of batch) this.#newest.set(reading.point, reading);
    if (this.#flushing) return;
    this.#flushing = true;
    this.#context.wire.after(READINGS_MS, () => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    const readings = [...this.#newest.values()].map(({ tick: _, ...reading }) => reading);
    this.#newest.clear();
    const frame = encodeFrame('readings', JSON.stringify(readings));
    for (const client of this.#clients) if (!client.isBehind) client.write(frame);
  }

  #commit(entries: Parameters<LiveClient['take']>[0]): void {
    if (this.#clients.size === 0) return;
    const frames = entries.map(encodeEntry);
    for (const client of this.#clients) client.take(entries, frames);
  }

  #watchHealth(): void {
    const ready = JSON.stringify(this.#context.health());
    if (this.#ready !== undefined && this.#ready !== ready) this.#tell(this.#statusFrame());
    this.#ready = ready;
  }

  #statusFrame(id?: number): string {
    const { durable, error, waiting, head } = this.#context.ledger.status();
    const status = {
      health: this.#context.health(),
      links: this.#context.links(),
      upstreams: this.#context.upstreams(),
      ledger: { durable, error, waiting, head },
    };
    return encodeFrame('status', JSON.stringify(status), id);
  }

  #tell(frame: string): void {
    for (const client of this.#clients) client.write(frame);
  }

  /** Keeps proxies from closing what is quiet, ends whom nobody reads, and whose session is gone by another way. */
  #beat(): void {
    this.#tell(': still here\n\n');
    for (const client of this.#clients) {
      if (client.isBehind) client.cut();
      else void this.#check(client);
    }
  }

  async #check(client: LiveClient): Promise<void> {
    try {
      if (!(await this.#isOpen(client.session))) client.end();
    } catch (error) {
      // Its session was good when it came; people keep their view of the alarms while the disk does not answer.
      this.#context.log.warn({ error: textOf(error) }, 'session of a live stream not checked');
    }
  }

  #every(ms: number, run: () => void): () => void {
    const { wire } = this.#context;
    let stop = () => {};
    const next = () => {
      stop = wire.after(ms, () => {
        next();
        run();
      });
    };
    next();
    return () => stop();
  }
}
