import { Readable } from 'node:stream';
import type { RowChange, SessionPacket } from './row.ts';
import { type JournalOptions, SessionJournal } from './session-journal.ts';
import { type SessionLimits, SessionState, type Subscription } from './session-state.ts';

const MB = 1024 * 1024;
const LIMITS: SessionLimits = {
  mostBytes: 16 * MB,
  mostRows: 20_000,
  outbox: { mostMessages: 1000, mostBytes: MB },
};
/** Of the file: pages are never all full. */
const MOST_FILE_BYTES = 48 * MB;
/** Sessions of one device; the longest unseen that is not connected goes. */
const MOST_SESSIONS_A_DEVICE = 4;
/** A session that nobody took up for so long has ended (section 4.1 leaves that to the server). */
const KEPT_UNSEEN_MS = 30 * 86_400_000;

export interface SessionsOptions extends Omit<JournalOptions, 'maxBytes'> {
  /** Whether a client may have a filter that it has asked for; all where it is left out. */
  readonly isGranted?: (client: object, filter: string) => boolean;
  readonly limits?: SessionLimits;
  readonly maxFileBytes?: number;
}

/** A connection, as far as the store goes by it. */
interface Owner {
  readonly id: string;
  readonly clean?: boolean;
}

/**
 * What the broker remembers: sessions, what waits for them, retained messages. In memory, so that nothing on the way of
 * a reading waits for a disk, and in a database behind it, from which a next run takes it up. The interface is that of
 * aedes-persistence 11, whose own suite it passes. Wills stay in memory: that the gateway ends is not a device's end.
 */
export class Sessions {
  readonly #state: SessionState;
  /** Undefined where there is no folder: then nothing outlives the process. */
  readonly #journal: SessionJournal | undefined;
  readonly #wills = new Map<string, SessionPacket>();
  /** QoS 2 identifiers of connections whose session ends with them. */
  readonly #fleeting = new Map<string, Set<number>>();
  readonly #isGranted: (client: object, filter: string) => boolean;
  #broker: { readonly id: string } = { id: '' };

  constructor(options: SessionsOptions) {
    const { limits = LIMITS, maxFileBytes = MOST_FILE_BYTES, isGranted = () => true, ...rest } = options;
    this.#isGranted = isGranted;
    const keep = (change: RowChange) => void this.#journal?.write(change);
    this.#state = new SessionState(limits, options.wire, keep);
    if (options.dir === '') return;
    this.#journal = new SessionJournal({ ...rest, maxBytes: maxFileBytes }, () => this.#state.rows());
  }

  /** Takes up what an earlier run left. */
  async restore(): Promise<void> {
    this.#state.restore((await this.#journal?.open()) ?? []);
  }

  /** Ends the sessions that nobody took up for 30 days; nobody is connected yet. */
  endUnseen(at: number): void {
    for (const { id, seenAt } of this.#state.clients()) if (at - seenAt > KEPT_UNSEEN_MS) this.#state.forget(id);
  }

  /** Ends what no device of the site can take up any more: sessions by client id and subscriptions, retained messages by topic. */
  keepOnly(mayKeep: (id: string, filters: readonly string[]) => boolean, isTopic: (topic: string) => boolean): void {
    for (const { id } of this.#state.clients()) {
      if (!mayKeep(id, this.#state.filtersOf(id))) this.#state.forget(id);
    }
    for (const topic of this.#state.retained.topics()) if (!isTopic(topic)) this.#state.retained.delete(topic);
  }

  /** A client has signed in. `prefix` is what all client ids of its device begin with. */
  admit({ id, clean }: Owner, prefix: string, at: number, isConnected: (id: string) => boolean): void {
    if (clean === true) {
      this.#state.forget(id);
      return;
    }
    this.#state.outboxOf(id)?.clearPassing();
    this.#state.touch(id, at);
    const mine = this.#state.clients().filter((each) => each.id.startsWith(prefix));
    const away = mine.filter((each) => each.id !== id && !isConnected(each.id));
    for (const each of away.slice(0, Math.max(0, mine.length - MOST_SESSIONS_A_DEVICE))) this.#state.forget(each.id);
  }

  /** The message came before, and its PUBREL has not. */
  hasReceived({ id }: Owner, messageId: number | undefined): boolean {
    if (messageId === undefined) return false;
    return this.#state.inboxOf(id)?.get(messageId) !== undefined || this.#fleeting.get(id)?.has(messageId) === true;
  }

  /** Why nothing outlives the process; undefined while it does. */
  get error(): string | undefined {
    return this.#journal?.error;
  }

  counters(): Readonly<Record<string, number>> {
    return {
      queueDropped: this.#state.dropped,
      retainedRefused: this.#state.retained.refused,
      qos2Refused: this.#state.refused,
      sessionFailures: this.#journal?.failures ?? 0,
      sessionsSetAside: this.#journal?.setAside ?? 0,
    };
  }

  get broker(): { readonly id: string } {
    return this.#broker;
  }

  async setup(broker: { readonly id: string }): Promise<void> {
    this.#broker = broker;
  }

  async storeRetained(packet: SessionPacket): Promise<void> {
    this.#state.retained.set(packet);
    await this.#settled();
  }

  createRetainedStream(filter: string): Readable {
    return this.createRetainedStreamCombi([filter]);
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#state.retained.matching(filters));
  }

  /** The library gives all that was asked for in one packet, with each of it that was granted. */
  async addSubscriptions(client: Owner, subscriptions: readonly Subscription[]): Promise<void> {
    const granted = subscriptions.filter(({ topic }) => this.#isGranted(client, topic));
    this.#state.subscribe(client.id, granted);
    await this.#settled();
  }

  async removeSubscriptions({ id }: Owner, topics: readonly string[]): Promise<void> {
    this.#state.unsubscribe(id, topics);
    await this.#settled();
  }

  async cleanSubscriptions({ id }: Owner): Promise<void> {
    const topics = this.#state.subscriptionsOf(id).map(({ topic }) => topic);
    if (topics.length === 0) return;
    this.#state.unsubscribe(id, topics);
    await this.#settled();
  }

  async subscriptionsByClient({ id }: Owner): Promise<Subscription[]> {
    return this.#state.subscriptionsOf(id);
  }

  async subscriptionsByTopic(topic: string): Promise<Subscription[]> {
    return this.#state.subscribersTo(topic);
  }

  async countOffline(): Promise<{ readonly subsCount: number; readonly clientsCount: number }> {
    return this.#state.counts();
  }

  getClientList(filter: string): Readable {
    return Readable.from(this.#state.clientsOf(filter));
  }

  /** What the broker itself says to a connection: a command, which the device must not hear once it is a late one. */
  async outgoingEnqueue(
    { clientId, qos = 2 }: { readonly clientId: string; readonly qos?: number },
    packet: SessionPacket,
  ) {
    this.#state.enqueue(clientId, packet, qos, true);
    await this.#settled();
  }

  async outgoingEnqueueCombi(
    subscribers: readonly { readonly clientId: string; readonly qos?: number }[],
    packet: SessionPacket,
  ): Promise<void> {
    if (subscribers.length === 0) return;
    // Filters of one session that overlap give it the message once, at the highest of their QoS [MQTT-3.3.5-1].
    const clients = new Map<string, number>();
    for (const { clientId, qos = 2 } of subscribers) clients.set(clientId, Math.max(qos, clients.get(clientId) ?? 0));
    for (const [client, qos] of clients) this.#state.enqueue(client, packet, qos);
    await this.#settled();
  }

  async outgoingUpdate({ id }: Owner, packet: SessionPacket): Promise<void> {
    if (this.#state.outboxOf(id)?.update(packet) !== true) throw new Error('no such packet');
    await this.#settled();
  }

  async outgoingClearMessageId({ id }: Owner, packet: SessionPacket): Promise<SessionPacket | undefined> {
    const cleared = this.#state.outboxOf(id)?.clear(packet.messageId);
    if (cleared !== undefined) await this.#settled();
    return cleared;
  }

  outgoingStream({ id }: Owner): Readable {
    return Readable.from(this.#state.outboxOf(id)?.packets() ?? []);
  }

  async incomingStorePacket({ id, clean }: Owner, packet: SessionPacket): Promise<void> {
    const { messageId } = packet;
    if (messageId === undefined) throw new TypeError('a packet without an identifier');
    if (clean === true) {
      this.#fleeting.set(id, (this.#fleeting.get(id) ?? new Set()).add(messageId));
      return;
    }
    if (!this.#state.receive(id, messageId, packet)) throw new Error('no room for a QoS 2 message');
    await this.#settled();
  }

  async incomingGetPacket({ id }: Owner, { messageId = -1 }: SessionPacket): Promise<SessionPacket> {
    if (this.#fleeting.get(id)?.has(messageId) === true) return { messageId };
    const packet = this.#state.inboxOf(id)?.get(messageId);
    if (packet === undefined) throw new Error('no such packet');
    return { ...packet };
  }

  async incomingDelPacket({ id }: Owner, { messageId = -1 }: SessionPacket): Promise<void> {
    if (this.#fleeting.get(id)?.delete(messageId) === true) return;
    if (this.#state.inboxOf(id)?.delete(messageId) !== true) throw new Error('no such packet');
    await this.#settled();
  }

  async cleanIncoming({ id }: Owner): Promise<void> {
    this.#fleeting.delete(id);
    this.#state.inboxOf(id)?.clear();
  }

  async putWill({ id }: Owner, packet: SessionPacket): Promise<void> {
    this.#wills.set(id, Object.assign(packet, { brokerId: this.#broker.id, clientId: id }));
  }

  async getWill({ id }: Owner): Promise<SessionPacket | undefined> {
    return this.#wills.get(id);
  }

  async delWill({ id }: Owner): Promise<SessionPacket | undefined> {
    const will = this.#wills.get(id);
    this.#wills.delete(id);
    return will;
  }

  streamWill(brokers: Readonly<Record<string, unknown>> = {}): Readable {
    return Readable.from([...this.#wills.values()].filter(({ brokerId = '' }) => !Object.hasOwn(brokers, brokerId)));
  }

  async destroy(): Promise<void> {
    this.#state.retained.flush();
    await this.#journal?.close();
  }

  /** Until what was changed is on disk, or the disk has refused it: the broker goes on either way. */
  async #settled(): Promise<void> {
    await this.#journal?.settled();
  }
}
