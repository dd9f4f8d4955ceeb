import { randomUUID } from 'node:crypto';
import type { AedesOptions, Client } from 'aedes';
import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import { Pace } from '../pace.ts';
import { UnknownDevices } from '../unknown-devices.ts';
import { Connection } from './connection.ts';
import type { Breach } from './packet-scanner.ts';
import { Refusals } from './refusals.ts';
import type { Sessions } from './sessions/sessions.ts';
import { type BrokerDevice, SignIn } from './sign-in.ts';
import { mayPublish } from './topic.ts';

/**
 * Called with each message that a device may send, once, before anything else is done with it. `taken` is called when the
 * rules have it: then the device is told that it has arrived.
 */
export type TakePayload = (device: string, payload: Buffer, topic: string, taken: () => void) => void;

const PACE = { perSecond: 100, burst: 200 };
/** So much of a larger message counts as one: what it costs to read goes by its bytes. */
const BYTES_OF_ONE = 512;
/** CONNACK return codes, MQTT 3.1.1 table 3.1: bad user name or password; not authorized. */
const BAD_CREDENTIALS = 4;
const NOT_AUTHORIZED = 5;

/** Who may connect to the broker, and what each may do there. All that is not allowed is refused and counted. */
export class Access {
  readonly counts = {
    refusedConnects: 0,
    refusedCertificates: 0,
    refusedPublishes: 0,
    refusedSubscribes: 0,
    heldBack: 0,
    duplicates: 0,
    slowReaders: 0,
    oversized: 0,
    notConnect: 0,
    malformed: 0,
  };
  /** User names of who was refused and is no device of the link. */
  readonly unknown = new UnknownDevices();
  readonly #signIn: SignIn;
  readonly #paces = new Map<string, Pace>();
  readonly #connections = new WeakMap<object, Connection>();
  readonly #heldBack = new Set<() => void>();
  readonly #refusals: Refusals;
  readonly #wire: Clock;
  readonly #store: Sessions;
  readonly #take: TakePayload;
  #isConnected: (clientId: string) => boolean = () => false;
  #closed = false;

  constructor(
    devices: readonly BrokerDevice[],
    context: { readonly wire: Clock; readonly log: Log },
    store: Sessions,
    take: TakePayload,
  ) {
    this.#signIn = new SignIn(devices);
    this.#refusals = new Refusals(context.log);
    this.#wire = context.wire;
    this.#store = store;
    this.#take = take;
  }

  /** From now on these are the link's; gives those that are gone or otherwise. `mayStay` says who of them goes on. */
  change(devices: readonly BrokerDevice[]): readonly BrokerDevice[] {
    const { gone, fresh } = this.#signIn.change(devices);
    for (const { id } of gone) {
      if (this.#signIn.deviceOf(id) !== undefined) continue;
      this.#paces.delete(id);
      this.#refusals.forget(id);
    }
    for (const { username } of fresh) this.unknown.forget(username);
    return gone;
  }

  /** Whether a connection may go on: what it showed still lets it in as the same device, and it has no more than that may. */
  mayStay(client: Client): boolean {
    const connection = this.#connections.get(client);
    if (connection === undefined || connection.isOver) return false;
    const now = this.#signIn.deviceOf(connection.device.id);
    if (now === connection.device) return true;
    const isStill = now === this.#signIn.find(connection.claim, this.#wire.now());
    return connection.goesOnAs(isStill ? now : undefined);
  }

  deviceOf(client: Client | undefined): string | undefined {
    return client && this.#connections.get(client)?.device.id;
  }

  isGranted(client: object, filter: string): boolean {
    return this.#connections.get(client)?.isGranted(filter) === true;
  }

  /** With which QoS a connection has asked for what is said on a topic; undefined if it has not. */
  hears(client: Client, topic: string): number | undefined {
    return this.#connections.get(client)?.hears(topic);
  }

  refusalOf(device: string): string | undefined {
    return this.#signIn.refusalOf(device);
  }

  /** A connection, before anything of it is read. `isConnected` says of a client id whether it is here. */
  arrived(client: Client, stream: object, isConnected: (clientId: string) => boolean): void {
    this.#signIn.arrived(client, stream);
    this.#isConnected = isConnected;
  }

  readonly preConnect: NonNullable<AedesOptions['preConnect']> = (client, packet, done) => {
    // Without a name nobody can come back to a session (section 3.1.3.1 would have it refused).
    if (!packet.clientId) packet.clean = true;
    // A device cannot take over another's connection by its client id [MQTT-3.1.4-2].
    const device = this.#signIn.claimed(client, packet.username) ?? '';
    packet.clientId = prefixOf(device) + (packet.clientId || randomUUID());
    done(null, true);
  };

  readonly authenticate: NonNullable<AedesOptions['authenticate']> = (client, username, password, done) => {
    if (this.#closed) return done(null, false);
    const claim = this.#signIn.claimOf(client, username, password);
    const judged = this.#signIn.judge(client, claim, this.#wire.now());
    if ('id' in judged) {
      const pace = this.#paces.get(judged.id) ?? new Pace(PACE);
      this.#paces.set(judged.id, pace);
      this.#connections.set(client, new Connection(judged, claim, pace));
      this.#store.admit(client, prefixOf(judged.id), this.#wire.now(), this.#isConnected);
      return done(null, true);
    }
    const { device, certificate } = judged;
    this.counts.refusedConnects++;
    if (device === null && username) {
      this.unknown.hear(username, this.#wire.now(), { sample: `client ${client.id.slice(prefixOf('').length)}` });
    }
    if (certificate === undefined) {
      this.#refusals.add(device, 'connect', 'a client was refused: its user name or password is not one of this link');
    } else {
      this.counts.refusedCertificates++;
      this.#refusals.add(device, 'certificate', 'a client was refused: its certificate is not to be believed', {
        certificate,
      });
    }
    const returnCode = certificate === undefined ? BAD_CREDENTIALS : NOT_AUTHORIZED;
    done(Object.assign(new Error('sign-in refused'), { returnCode }), false);
  };

  readonly authorizePublish: NonNullable<AedesOptions['authorizePublish']> = (client, packet, done) => {
    const connection = client === null ? undefined : this.#connections.get(client);
    // Wills of connections that we close ourselves are not the device's word.
    if (this.#closed || connection?.isOver) return done(new Error('the broker is closing it'));
    if (client === null || connection === undefined || !mayPublish(connection.device.topic, packet.topic)) {
      this.counts.refusedPublishes++;
      const device = connection?.device.id ?? null;
      this.#refusals.add(device, 'publish', 'a device that published outside of its topic was cut off');
      return done(new Error('not its topic'));
    }
    const { device, pace, onTheWay } = connection;
    const { messageId = 0, payload, qos, retain, topic } = packet as typeof packet & { readonly messageId?: number };
    // It takes back what it had retained, and measures nothing [MQTT-3.3.1-10].
    if (retain && payload.length === 0) return done(null);
    // The library asks before it looks whether the message came before [MQTT-4.3.3-2].
    if (qos === 2 && (onTheWay.has(messageId) || this.#store.hasReceived(client, messageId))) {
      this.counts.duplicates++;
      return done(null);
    }
    const take = () => {
      if (connection.isOver) return;
      if (qos === 0) {
        this.#take(device.id, Buffer.from(payload), topic, () => {});
        return done(null);
      }
      if (qos === 2) onTheWay.add(messageId);
      this.#take(device.id, Buffer.from(payload), topic, () => {
        onTheWay.delete(messageId);
        // It sends it again to the next run if it does not hear of this one.
        if (!this.#closed && !connection.isOver) done(null);
      });
    };
    const waitMs = pace.waitMs(this.#wire.tick(), Math.max(1, payload.length / BYTES_OF_ONE));
    if (waitMs === 0) take();
    else this.#holdBack(waitMs, take);
  };

  readonly authorizeSubscribe: NonNullable<AedesOptions['authorizeSubscribe']> = (client, subscription, done) => {
    const connection = this.#connections.get(client);
    if (connection?.subscribe(subscription.topic, subscription.qos)) return done(null, subscription);
    this.counts.refusedSubscribes++;
    const device = connection?.device.id ?? null;
    this.#refusals.add(device, 'subscribe', 'a subscription outside of a device’s topic, or one too many, was refused');
    done(null, null);
  };

  unsubscribed(client: Client, topics: readonly string[]): void {
    for (const topic of topics) this.#connections.get(client)?.unsubscribe(topic);
  }

  /** One that does not read is cut off, for whoever sends to it would wait with it; what it has not had waits in its session. */
  readonly authorizeForward: NonNullable<AedesOptions['authorizeForward']> = (client, packet) => {
    const connection = this.#connections.get(client);
    if (!connection?.mayHear(packet.topic)) return null;
    if (client.conn.writableNeedDrain && !client.conn.destroyed) {
      this.counts.slowReaders++;
      this.#refusals.add(connection.device.id, 'slow-reader', 'a subscriber that does not read was cut off');
      client.conn.destroy();
    }
    return packet;
  };

  readonly noteBreach = (client: Client | undefined, breach: Breach): void => {
    const names = { 'too-large': 'oversized', 'not-connect': 'notConnect', malformed: 'malformed' } as const;
    this.counts[names[breach]]++;
    this.#refusals.add(this.deviceOf(client) ?? null, breach, 'a connection was cut before its packet was taken');
  };
  /** From here on nothing is let in; messages held back are dropped. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#heldBack) cancel();
    this.#heldBack.clear();
  }

  #holdBack(waitMs: number, take: () => void): void {
    this.counts.heldBack++;
    const cancel = this.#wire.after(waitMs, () => {
      this.#heldBack.delete(cancel);
      take();
    });
    this.#heldBack.add(cancel);
  }
}

/** What the client ids of a device begin with, as the store knows them; ids of devices hold no slash. */
const prefixOf = (device: string): string => `${device}/`;

/** The device of a client id. */
export const deviceOfClient = (clientId: string): string => clientId.slice(0, clientId.indexOf('/'));
