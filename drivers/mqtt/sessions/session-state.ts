import type { Clock } from '#kit/clock.ts';
import { FilterTree } from './filter-tree.ts';
import { Inbox } from './inbox.ts';
import { Outbox, type OutboxLimits } from './outbox.ts';
import { Retained } from './retained.ts';
import { Room } from './room.ts';
import { decodeFields, decodePacket, type Row, type RowChange, type SessionPacket } from './row.ts';

/** A subscription as the broker's library gives it; fields other than these are kept as they are. */
export interface Subscription {
  readonly topic: string;
  readonly qos: number;
  readonly [key: string]: unknown;
}

/** A subscription of QoS 1 or 2, and whose. */
type Subscriber = Subscription & { readonly clientId: string };

export interface SessionLimits {
  /** Of all packets that are kept: queued, half-way at QoS 2, retained. */
  readonly mostBytes: number;
  readonly mostRows: number;
  /** Of what waits for one session. */
  readonly outbox: OutboxLimits;
}

interface Session {
  /** When the client was last let in, UTC milliseconds. */
  seenAt: number;
  readonly subscriptions: Map<string, Subscription>;
  readonly outbox: Outbox;
  readonly inbox: Inbox;
}

/**
 * Sessions and retained messages in memory, within bounds. Each change is told to `keep` as rows, from which the same
 * state comes back by `restore`.
 */
export class SessionState {
  /** Messages that went because their session's queue, or the store, was full. */
  dropped = 0;
  /** QoS 2 messages that were refused for want of room. */
  refused = 0;
  readonly retained: Retained;
  readonly #limits: SessionLimits;
  readonly #keep: (change: RowChange) => void;
  readonly #room: Room;
  readonly #sessions = new Map<string, Session>();
  readonly #filters = new FilterTree<Subscriber>();
  #place = 0;

  constructor(limits: SessionLimits, wire: Clock, keep: (change: RowChange) => void) {
    this.#limits = limits;
    this.#keep = keep;
    this.#room = new Room(limits.mostBytes, limits.mostRows);
    this.retained = new Retained(this.#room, keep, wire);
  }

  get bytes(): number {
    return this.#room.bytes;
  }

  /** Takes rows as they come from disk, in the order of their keys. What cannot be read is left out. */
  restore(rows: Iterable<Row>): void {
    for (const row of rows) {
      const { part, owner, name, json } = row;
      if (part === 'session') {
        this.#session(owner).seenAt = Number(decodeFields(json)?.seenAt ?? 0);
      } else if (part === 'subscription') {
        const fields = decodeFields(json);
        if (fields !== undefined) this.#subscribe(owner, { ...fields, topic: String(name), qos: Number(fields.qos) });
      } else {
        const packet = decodePacket(row);
        if (packet !== undefined) this.#restorePacket(row, packet);
      }
    }
  }

  /** All of it, for a store that has lost its place. */
  rows(): RowChange[] {
    const ofSessions = [...this.#sessions].flatMap(([client, { seenAt, subscriptions, outbox, inbox }]) => [
      sessionRow(client, seenAt),
      ...[...subscriptions.values()].map((each) => subscriptionRow(client, each)),
      ...outbox.rows(),
      ...inbox.rows(),
    ]);
    return [...ofSessions, ...this.retained.rows()];
  }

  /** Clients that have a session, the longest unseen first. */
  clients(): { readonly id: string; readonly seenAt: number }[] {
    return [...this.#sessions].map(([id, { seenAt }]) => ({ id, seenAt })).sort((a, b) => a.seenAt - b.seenAt);
  }

  /** A client that wants to be remembered is let in. */
  touch(client: string, at: number): void {
    this.#session(client).seenAt = at;
    this.#keep(sessionRow(client, at));
  }

  /** Ends a session: nothing of it is left. */
  forget(client: string): void {
    const session = this.#sessions.get(client);
    if (session === undefined) return;
    this.unsubscribe(client, [...session.subscriptions.keys()]);
    session.outbox.clearAll();
    session.inbox.clear();
    this.#sessions.delete(client);
    this.#keep({ part: 'session', owner: client, name: '', json: null });
  }

  subscribe(client: string, subscriptions: readonly Subscription[]): void {
    for (const subscription of subscriptions) {
      this.#subscribe(client, subscription);
      this.#keep(subscriptionRow(client, subscription));
    }
  }

  unsubscribe(client: string, topics: readonly string[]): void {
    const session = this.#sessions.get(client);
    for (const topic of topics) {
      if (session?.subscriptions.delete(topic) !== true) continue;
      this.#filters.delete(topic, client);
      this.#keep({ part: 'subscription', owner: client, name: topic, json: null });
    }
  }

  filtersOf(client: string): string[] {
    return [...(this.#sessions.get(client)?.subscriptions.keys() ?? [])];
  }

  subscriptionsOf(client: string): Subscription[] {
    return [...(this.#sessions.get(client)?.subscriptions.values() ?? [])].map((each) => ({ ...each }));
  }

  /** Those that wait for messages of a topic: of QoS 1 and 2 only. */
  subscribersTo(topic: string): Subscriber[] {
    return this.#filters.match(topic).map((each) => ({ ...each }));
  }

  /** Clients that have subscribed to exactly that filter. */
  clientsOf(filter: string): string[] {
    return [...this.#sessions].flatMap(([id, { subscriptions }]) => (subscriptions.has(filter) ? [id] : []));
  }

  counts(): { readonly subsCount: number; readonly clientsCount: number } {
    const subscribed = [...this.#sessions.values()].filter(({ subscriptions }) => subscriptions.size > 0);
    return { subsCount: this.#filters.size, clientsCount: subscribed.length };
  }

  /** `isPassing`: it is for the connection that is here now, and for none after it. */
  enqueue(client: string, packet: SessionPacket, qos: number, isPassing = false): void {
    this.dropped += this.#session(client).outbox.add(++this.#place, packet, qos, isPassing);
  }

  outboxOf(client: string): Outbox | undefined {
    return this.#sessions.get(client)?.outbox;
  }

  inboxOf(client: string): Inbox | undefined {
    return this.#sessions.get(client)?.inbox;
  }

  /** Remembers a QoS 2 message until its PUBREL; false if there is no room. */
  receive(client: string, id: number, packet: SessionPacket): boolean {
    if (this.#session(client).inbox.add(id, packet)) return true;
    this.refused++;
    return false;
  }

  #session(client: string): Session {
    let session = this.#sessions.get(client);
    if (session === undefined) {
      const outbox = new Outbox(client, this.#limits.outbox, this.#room, this.#keep);
      session = { seenAt: 0, subscriptions: new Map(), outbox, inbox: new Inbox(client, this.#room, this.#keep) };
      this.#sessions.set(client, session);
    }
    return session;
  }

  #subscribe(client: string, subscription: Subscription): void {
    const { topic, qos } = subscription;
    this.#session(client).subscriptions.set(topic, { ...subscription });
    if (qos > 0) this.#filters.set(topic, client, { clientId: client, ...subscription });
    else this.#filters.delete(topic, client);
  }

  #restorePacket({ part, owner, name }: Row, packet: SessionPacket): void {
    if (part === 'retained') {
      this.retained.restore(String(name), packet);
    } else if (part === 'incoming') {
      this.#session(owner).inbox.restore(Number(name), packet);
    } else {
      this.#session(owner).outbox.restore(Number(name), packet);
      this.#place = Math.max(this.#place, Number(name));
    }
  }
}

const sessionRow = (owner: string, seenAt: number): Row => ({
  part: 'session',
  owner,
  name: '',
  json: JSON.stringify({ seenAt }),
  payload: null,
});

const subscriptionRow = (owner: string, { topic, ...rest }: Subscription): Row => ({
  part: 'subscription',
  owner,
  name: topic,
  json: JSON.stringify(rest),
  payload: null,
});
