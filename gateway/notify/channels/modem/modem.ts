import { Backoff } from '#kit/backoff.ts';
import type { Clock } from '#kit/clock.ts';
import { textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { CHANNEL_FAULTS } from '../faults.ts';
import { type AtAnswer, type AtCommand, AtSession } from './at-session.ts';
import { type Incoming, parseIncoming } from './incoming-pdu.ts';
import { isRegisteredBy, isSimFault, startModem } from './modem-start.ts';
import type { OpenLine } from './tty.ts';

export interface ModemContext {
  readonly wire: Clock;
  readonly log: Log;
  readonly openLine: () => Promise<OpenLine>;
  /** What it is set to besides, once it is ready: each may be refused. */
  readonly settings: readonly string[];
}

export interface ModemStatus {
  readonly state: 'starting' | 'ready' | 'failing';
  readonly error?: string;
  readonly warnings: readonly string[];
}

const BACKOFF = { firstMs: 1000, mostMs: 30_000 };
const LOOK_EVERY_MS = 60_000;
/** While it is in no network. */
const LOOK_SOON_MS = 5000;
const MOST_EARLY = 100;
export const SHORT_MS = 5000;

/** Looks after one modem for as long as it is needed: opens it, sets it up, reads what it was given, and begins again when it is gone. */
export class Modem implements AsyncDisposable {
  readonly #context: ModemContext;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  readonly #incoming = new Set<(incoming: Incoming) => void>();
  /** What came before anybody listened. */
  #early: Incoming[] = [];
  /** Places in its memory that it told of while it was set up. */
  #told: number[] = [];
  readonly #lines = new Set<(line: string) => void>();
  readonly #backoff = new Backoff(BACKOFF);
  #session: AtSession | undefined;
  /** Text messages that were begun and are not out, and who waits for that. */
  #texts = 0;
  readonly #textless = new Set<() => void>();
  #error: string | undefined;
  #isRegistered = false;
  /** Why the SIM cannot be used; null when it can. */
  #simFault: string | null = null;

  constructor(context: ModemContext) {
    this.#context = context;
    this.#running = this.#run();
  }

  get isReady(): boolean {
    return this.#session !== undefined;
  }

  get isRegistered(): boolean {
    return this.#isRegistered;
  }

  /** One command on the modem as it is; `lost` and not sent where there is none. */
  async ask(command: AtCommand): Promise<AtAnswer> {
    const answer = await (this.#session?.ask(command) ?? NOT_THERE);
    if (answer.kind === 'refused' && isSimFault(answer.code)) this.#simFault = answer.code;
    else if (answer.kind === 'ok' && command.pdu !== undefined) this.#simFault = null;
    return answer;
  }

  /** A text message is being sent; call what it gives when it is out. A call gives way to it. */
  holdText(): () => void {
    this.#texts++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#texts--;
      if (this.#texts === 0) for (const wake of this.#textless) wake();
    };
  }

  /** Settles when no text message waits, or after that time: a text takes seconds, and a call a minute. */
  async withoutTexts(withinMs: number, signal: AbortSignal): Promise<void> {
    if (this.#texts === 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#context.wire.after(withinMs, resolve);
    this.#textless.add(resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    cancel();
    this.#textless.delete(resolve);
  }

  /** Each message that it was given, once it has been taken out of its memory. */
  onIncoming(listener: (incoming: Incoming) => void): () => void {
    this.#incoming.add(listener);
    for (const incoming of this.#early.splice(0)) listener(incoming);
    return () => void this.#incoming.delete(listener);
  }

  /** Each line that it says unasked, of calls and keys; `closed` when there is no modem any more. */
  onLine(listener: (line: string) => void): () => void {
    this.#lines.add(listener);
    return () => void this.#lines.delete(listener);
  }

  status(): ModemStatus {
    const warnings = [
      ...(this.#simFault === null ? [] : [CHANNEL_FAULTS.simCannotSend]),
      ...(this.#error !== undefined && this.#simFault === null && !this.isReady ? [CHANNEL_FAULTS.noModem] : []),
      ...(this.isReady && !this.#isRegistered ? [CHANNEL_FAULTS.notRegistered] : []),
    ];
    const sim = this.#simFault === null ? undefined : `the SIM cannot send (${this.#simFault})`;
    const error = this.#error ?? sim;
    if (error !== undefined) return { state: 'failing', error, warnings };
    if (!this.isReady) return { state: 'starting', warnings };
    return { state: this.#isRegistered ? 'ready' : 'failing', warnings };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#session?.end('closed');
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const { wire } = this.#context;
    while (!signal.aborted) {
      await this.#serve().catch((error) => this.#note(textOf(error)));
      this.#session = undefined;
      this.#isRegistered = false;
      for (const listener of this.#lines) listener('closed');
      // Rejects only when closing, which ends the loop.
      if (!signal.aborted) await wire.sleep(this.#backoff.next(), signal).catch(() => {});
    }
  }

  /** From the opening of the port until it is lost. */
  async #serve(): Promise<void> {
    const { wire, openLine, settings } = this.#context;
    const { signal } = this.#closing;
    const { line, close: closeLine } = await openLine();
    const session = new AtSession(line, wire, (said, pdu) => this.#take(session, said, pdu));
    const close = () => session.end('closed');
    signal.addEventListener('abort', close);
    try {
      if (signal.aborted) return;
      const started = await startModem(session, settings);
      if (started.kind === 'failed') {
        if (started.isSim) this.#simFault = started.why;
        this.#note(session.error ?? started.why);
        return;
      }
      this.#simFault = null;
      this.#isRegistered = started.isRegistered;
      for (const hex of started.stored) this.#give(hex);
      this.#session = session;
      for (const index of this.#told.splice(0)) void this.#fetch(session, index);
      this.#error = undefined;
      this.#backoff.reset();
      await this.#watch(session);
      this.#note(session.error ?? 'the modem is gone');
    } finally {
      signal.removeEventListener('abort', close);
      session.end('closed');
      await closeLine();
    }
  }

  /** Looks whether it is still there and in a network, until it is not there. */
  async #watch(session: AtSession): Promise<void> {
    let isEnded = false;
    const ended = session.ended.then(() => {
      isEnded = true;
    });
    while (!isEnded) {
      const stop = new AbortController();
      const waitMs = this.#isRegistered ? LOOK_EVERY_MS : LOOK_SOON_MS;
      await Promise.race([ended, this.#context.wire.sleep(waitMs, stop.signal).catch(() => {})]);
      stop.abort();
      if (!isEnded) this.#isRegistered = await isRegisteredBy(session);
    }
  }

  #take(session: AtSession, said: string, pdu: string | null): void {
    const [, index] = /^\+(?:CMTI|CDSI): ?"\w+",(\d{1,4})$/.exec(said) ?? [];
    if (pdu !== null) this.#give(pdu);
    // Before it is set up it would be read in another form; all that is stored then is taken out at the end of that.
    else if (index !== undefined && this.#session === session) void this.#fetch(session, Number(index));
    else if (index !== undefined) this.#told = [...this.#told, Number(index)].slice(-MOST_EARLY);
    else for (const listener of this.#lines) listener(said);
  }

  /** Takes a stored message out, so that its memory never fills. */
  async #fetch(session: AtSession, index: number): Promise<void> {
    const answer = await session.ask({ text: `AT+CMGR=${index}`, wanted: /^\+CMGR:/, timeoutMs: SHORT_MS });
    if (answer.kind !== 'ok') return;
    await session.ask({ text: `AT+CMGD=${index}`, timeoutMs: SHORT_MS });
    const [, hex] = answer.lines;
    if (hex !== undefined) this.#give(hex);
  }

  #give(hex: string): void {
    const incoming = parseIncoming(hex);
    if (incoming === undefined) return;
    if (this.#incoming.size === 0) this.#early = [...this.#early, incoming].slice(-MOST_EARLY);
    for (const listener of this.#incoming) listener(incoming);
  }

  #note(text: string): void {
    if (this.#closing.signal.aborted) return;
    if (this.#error === undefined) this.#context.log.warn({ code: CHANNEL_FAULTS.noModem }, `modem: ${text}`);
    this.#error = text;
  }
}

const NOT_THERE: AtAnswer = { kind: 'lost', why: 'closed', wasSent: false };
