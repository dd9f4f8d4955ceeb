import { Backoff } from '#kit/backoff.ts';
import { Fault, textOf } from '#kit/fault.ts';
import { Backlog } from '../ledger/backlog.ts';
import { Commands } from './commands.ts';
import { UPSTREAM_FAULTS } from './faults.ts';
import { connectionOf } from './mqtt-connection.ts';
import { eventMessage, type StatusPayload } from './mqtt-message.ts';
import type { MqttOptions } from './mqtt-options.ts';
import { type MqttSession, openSession } from './mqtt-session.ts';
import { Presence } from './presence.ts';
import { Suspect } from './suspect.ts';
import type { OpenUpstream, UpstreamContext, UpstreamOpener, UpstreamStatus } from './upstream.ts';
import { Window } from './window.ts';

const CONNECT_TIMEOUT_MS = 15_000;
const BACKOFF = { firstMs: 500, mostMs: 10_000, jitter: 0.3 };
/** A connection that lasted so long was a good one: the next attempt comes soon. */
const GOOD_AFTER_MS = 30_000;
const LEAVE_WITHIN_MS = 2000;

/** The events of the log, in order and at least once, to one MQTT broker; and whether this gateway is there. */
class MqttUpstream implements OpenUpstream {
  readonly #id: string;
  readonly #options: MqttOptions;
  readonly #context: UpstreamContext;
  readonly #backlog: Backlog;
  readonly #backoff = new Backoff(BACKOFF);
  readonly #closing = new AbortController();
  readonly #stopNotes: () => void;
  readonly #running: Promise<void>;
  #state: UpstreamStatus['state'] = 'connecting';
  #fault: Fault | undefined;
  #session: MqttSession | undefined;
  #window: Window;
  #sent = 0;
  #cursorMoved: Promise<void> = Promise.resolve();
  #cursorError: string | undefined;
  readonly #suspect = new Suspect();
  readonly #presence: Presence;
  readonly #commands: Commands;
  #commandsError: string | undefined;
  /** Answers to commands that are in flight. */
  #answering = 0;
  /** Nothing more is sent; `#onIdle` is called when nothing is in flight any more. */
  #isLeaving = false;
  #onIdle = () => {};

  constructor(id: string, options: MqttOptions, context: UpstreamContext, position: number) {
    this.#id = id;
    this.#options = options;
    this.#context = context;
    this.#presence = new Presence(context);
    const { gateway, log, commands = {} } = context;
    this.#commands = new Commands({ gateway, log, commands, onReply: () => this.#pump() });
    this.#backlog = new Backlog(context.ledger, position);
    this.#window = new Window(position);
    this.#stopNotes = context.ledger.onCommit((entries) => {
      this.#backlog.note(entries);
      this.#pump();
    });
    this.#running = this.#run();
  }

  status(): UpstreamStatus {
    const error = this.#errorText();
    return { state: this.#state, ...(error === undefined ? {} : { error }), backlog: this.#left(), sent: this.#sent };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopNotes();
    if (this.#session !== undefined) await this.#leave(this.#session);
    this.#closing.abort();
    await this.#running;
    await this.#cursorMoved;
  }

  async #run(): Promise<void> {
    const { wire } = this.#context;
    const { signal } = this.#closing;
    await this.#context.begun;
    while (!signal.aborted) {
      this.#state = 'connecting';
      const session = await this.#connect();
      const fault = session instanceof Fault ? session : await this.#serve(session);
      this.#state = 'offline';
      if (signal.aborted) return;
      this.#note(fault);
      // Rejects only when closing, which ends the loop.
      await wire.sleep(this.#backoff.next(), signal).catch(() => {});
    }
  }

  async #connect(): Promise<MqttSession | Fault> {
    const connection = await connectionOf(this.#options, this.#context);
    if (connection instanceof Fault) return connection;
    const { wire } = this.#context;
    const ackTimeoutMs = this.#options.ackTimeout;
    const { signal } = this.#closing;
    return openSession({ connection, connectTimeoutMs: CONNECT_TIMEOUT_MS, ackTimeoutMs, wire, signal });
  }

  /** One connection from its CONNACK to its end; each begins from the cursor with an empty window. */
  async #serve(session: MqttSession): Promise<Fault> {
    const { wire, log } = this.#context;
    const since = wire.tick();
    const sentBefore = this.#sent;
    log.info({ upstream: this.#id, failures: this.#backoff.failures, backlog: this.#left() }, 'upstream: connected');
    this.#window = new Window(this.#window.done);
    this.#backlog.restart(this.#window.done);
    this.#session = session;
    this.#answering = 0;
    void this.#listen(session);
    this.#state = 'online';
    this.#fault = undefined;
    const stopWatch = this.#presence.watch(() => this.#pump());
    this.#pump();
    const fault = await session.ended;
    stopWatch();
    this.#session = undefined;
    this.#onIdle();
    const sequence = this.#window.first;
    if (!this.#isLeaving && this.#suspect.blame(sequence)) {
      log.error({ upstream: this.#id, sequence }, 'upstream: an entry ends every connection; it is kept');
    }
    if (this.#sent > sentBefore || wire.tick() - since > GOOD_AFTER_MS) this.#backoff.reset();
    return fault;
  }

  /** Takes commands on this connection. Without the right to, all else goes on. */
  async #listen(session: MqttSession): Promise<void> {
    const { topics } = this.#commands;
    if (topics.length === 0) return;
    const fault = await session.subscribe(topics, (incoming) => void this.#commands.take(incoming));
    if (this.#session !== session) return;
    if (fault !== undefined && this.#commandsError === undefined) {
      const { code, hint, message } = fault;
      this.#context.log.warn({ upstream: this.#id, code, hint }, `upstream: ${message}`);
    }
    this.#commandsError = fault?.message;
  }

  /** Sends what may be sent now. Called whenever there may be something new, or room. */
  #pump(): void {
    const session = this.#session;
    if (session === undefined || this.#isLeaving) return;
    const { gateway } = this.#context;
    if (this.#presence.isDue && !this.#presence.isInFlight && this.#room(session) > 0)
      this.#sendStatus(session, 'online');
    while (this.#room(session) > 0) {
      const reply = this.#commands.nextReply();
      if (reply === undefined) break;
      this.#answering++;
      session.publish(reply, () => {
        this.#answering--;
        this.#settle();
      });
    }
    for (let room = this.#room(session); room > 0; room--) {
      const entry = this.#backlog.next();
      if (entry === undefined) {
        this.#readOn(session);
        return;
      }
      this.#window.send(entry.sequence);
      session.publish(eventMessage(gateway, entry), () => this.#acknowledged(entry.sequence));
    }
  }

  #readOn(session: MqttSession): void {
    this.#backlog.fill().then(
      (isMore) => {
        if (isMore) this.#pump();
      },
      (error) =>
        session.drop(new Fault(UPSTREAM_FAULTS.log, `the log cannot be read: ${textOf(error)}`, { cause: error })),
    );
  }

  #acknowledged(sequence: number): void {
    this.#sent++;
    const doneBefore = this.#window.done;
    this.#window.acknowledge(sequence);
    if (this.#window.done > doneBefore) this.#moveCursor(this.#window.done);
    this.#suspect.clear(this.#window.done);
    this.#settle();
  }

  /** The ledger stores it with its next commit. If it cannot, the same is sent again after a restart. */
  #moveCursor(done: number): void {
    this.#cursorMoved = this.#context.ledger.moveCursor(this.#id, done).then(
      () => {
        this.#cursorError = undefined;
      },
      (error) => {
        this.#cursorError = `the position ${done} could not be stored: ${textOf(error)}`;
      },
    );
  }

  #settle(): void {
    if (this.#inFlight() === 0) this.#onIdle();
    this.#pump();
  }

  #sendStatus(session: MqttSession, state: StatusPayload['state']): void {
    session.publish(this.#presence.say(state, this.#left()), () => {
      this.#presence.isInFlight = false;
      this.#settle();
    });
  }

  /** Waits a little for what is in flight, says offline and disconnects; if that cannot be, the last will says it. */
  async #leave(session: MqttSession): Promise<void> {
    this.#isLeaving = true;
    const cancel = this.#context.wire.after(LEAVE_WITHIN_MS, () => {
      session.drop(new Fault(UPSTREAM_FAULTS.unacknowledged, 'not all was acknowledged before the end'));
    });
    await this.#idle();
    if (this.#session === session) {
      this.#sendStatus(session, 'offline');
      await this.#idle();
      await session.leave();
    }
    cancel();
  }

  async #idle(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    if (this.#inFlight() === 0 || this.#session === undefined) resolve();
    await promise;
  }

  #note(fault: Fault): void {
    const isNew = this.#fault?.code !== fault.code || this.#backoff.failures === 0;
    this.#fault = fault;
    if (!isNew || this.#isLeaving) return;
    const { code, message, hint } = fault;
    this.#context.log.warn({ upstream: this.#id, code, hint, backlog: this.#left() }, `upstream: ${message}`);
  }

  #errorText(): string | undefined {
    const { message, hint } = this.#fault ?? {};
    const fault = hint === undefined ? message : `${message} (${hint})`;
    const texts = [this.#suspect.text, fault, this.#cursorError, this.#commandsError].filter(
      (text) => text !== undefined,
    );
    return texts.length === 0 ? undefined : texts.join('; ');
  }

  #inFlight(): number {
    return this.#window.inFlight + this.#answering + (this.#presence.isInFlight ? 1 : 0);
  }

  #room(session: MqttSession): number {
    const most = this.#suspect.isAlone ? 1 : Math.min(this.#options.window, session.receiveMaximum);
    return most - this.#inFlight();
  }

  #left(): number {
    return Math.max(0, this.#backlog.head - this.#window.done);
  }
}

export const mqtt: UpstreamOpener<MqttOptions> = {
  kind: 'mqtt',
  async open(id, options, context) {
    const position = await context.ledger.openCursor(id, options.from);
    return new MqttUpstream(id, options, context, position);
  },
};
