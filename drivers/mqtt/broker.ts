import { Aedes, type Client } from 'aedes';
import type { Clock } from '#kit/clock.ts';
import type { Fault } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import type { UnknownDevice } from '../driver.ts';
import { Access, deviceOfClient, type TakePayload } from './access.ts';
import { Connections } from './connections.ts';
import { type EntranceOptions, openEntrances } from './entrances.ts';
import { Sessions } from './sessions/sessions.ts';
import type { BrokerDevice } from './sign-in.ts';
import { guardSocket } from './socket-guard.ts';
import { maySubscribe, ownerOf } from './topic.ts';
import { WRITE_CODES } from './writer.ts';

export interface BrokerOptions extends Omit<EntranceOptions, 'signInMs' | 'asksClients'> {
  /** How long a connection has until it has signed in (10 s). */
  readonly signInMs?: number;
}

export interface BrokerContext {
  readonly wire: Clock;
  readonly log: Log;
  /** Where sessions are kept; empty for nowhere. */
  readonly dir: string;
}

/** The broker inside the gateway: MQTT 3.1 and 3.1.1, for the devices of one link and nobody else. */
export interface Broker extends AsyncDisposable {
  /**
   * From now on these are its devices. Closed at once is whoever is none of them any more, or may not be connected as it is;
   * nobody else notices.
   */
  change(devices: readonly BrokerDevice[]): void;
  /** Why it does not listen anywhere; undefined while it does. */
  readonly fault: Fault | undefined;
  /** Why it does not listen at one of its addresses, while it does at another. */
  readonly partFault: Fault | undefined;
  /** Codes of what a person must know of it. */
  readonly warnings: readonly string[];
  isConnected(device: string): boolean;
  /** Gives a command to the connections of a device that ask for it; a code where there are none. */
  tell(device: string, topic: string, payload: Buffer): string | undefined;
  /** Why its last sign-in was refused. */
  refusalOf(device: string): string | undefined;
  counters(): Readonly<Record<string, number>>;
  /** Who would sign in and is no device of the link, by user name. */
  unknown(): readonly UnknownDevice[];
}

const FIRST_PACKET_BYTES = 4096;
const MOST_BEHIND_CONNECT = 500;
const SIGN_IN_MS = 10_000;
const DRAIN_TIMEOUT_MS = 5000;
/** What the library calls a packet for a connection that has ended meanwhile. */
const ENDED = 'connection closed';

export async function openBroker(
  options: BrokerOptions,
  devices: readonly BrokerDevice[],
  context: BrokerContext,
  take: TakePayload,
): Promise<Broker> {
  const { signInMs = SIGN_IN_MS } = options;
  const store = new Sessions({ ...context, isGranted: (client, filter) => access.isGranted(client, filter) });
  await store.restore();
  store.endUnseen(context.wire.now());
  keepOnly(store, devices);
  const access = new Access(devices, context, store, take);
  const { preConnect, authenticate, authorizePublish, authorizeSubscribe, authorizeForward } = access;
  const aedes = await Aedes.createBroker({
    persistence: store,
    // The door's own time-out comes first.
    connectTimeout: 2 * signInMs,
    drainTimeout: DRAIN_TIMEOUT_MS,
    maxInflightInbound: 100,
    maxTopicLevels: 32,
    // Packets right behind a CONNECT, which a device may send before it hears that it is let in (section 3.1.4).
    queueLimit: MOST_BEHIND_CONNECT,
    // Of MQTT 3.1 only; the device that stands before the id makes it longer.
    maxClientsIdLength: 1024,
    preConnect,
    authenticate,
    authorizePublish,
    authorizeSubscribe,
    authorizeForward,
  });
  const connections = new Connections();
  const signedIn = new WeakMap<Client, () => void>();
  const counts = { connects: 0, disconnects: 0, protocolErrors: 0 };

  aedes.on('client', (client) => {
    signedIn.get(client)?.();
    // It may have ended, or the devices may have become others, while it signed in.
    if (client.closed) return;
    const device = access.deviceOf(client) ?? '';
    counts.connects++;
    connections.add(device, client);
    // The library tells of no end of one whose id another one took over as it ended.
    client.conn.once('close', () => {
      counts.disconnects++;
      connections.remove(device, client);
    });
    if (!access.mayStay(client)) client.close();
  });
  aedes.on('unsubscribe', (topics, client) => access.unsubscribed(client, topics));
  const noteError = (client: Client, error: Error) => {
    if (error.message === ENDED) return;
    counts.protocolErrors++;
    context.log.debug(
      { device: access.deviceOf(client), error: error.message },
      'mqtt: a connection ended by an error',
    );
  };
  aedes.on('clientError', noteError);
  aedes.on('connectionError', noteError);
  // The library gives up on what it cannot store; without a listener it would take the process with it.
  (aedes as NodeJS.EventEmitter).on('error', (error: Error) => {
    context.log.warn({ error: error.message }, 'mqtt: the broker could not keep something');
  });

  const limits = { beforeConnect: FIRST_PACKET_BYTES, afterConnect: options.maxPacketBytes };
  let asksClients = isKnownByCertificate(devices);
  const entrances = openEntrances(
    { ...options, signInMs, asksClients: () => asksClients },
    context,
    ({ stream, peer, signedIn: tell }) => {
      let client: Client | undefined;
      guardSocket(stream, limits, (breach) => access.noteBreach(client, breach));
      client = aedes.handle(stream);
      access.arrived(client, peer, (clientId) => connections.isHere(clientId));
      signedIn.set(client, tell);
    },
  );
  const faults = () => entrances.doors.flatMap(({ fault }) => fault ?? []);

  return {
    change(changed) {
      const before = access.change(changed);
      asksClients = isKnownByCertificate(changed);
      for (const client of before.flatMap(({ id }) => connections.of(id))) if (!access.mayStay(client)) client.close();
      if (before.length > 0) keepOnly(store, changed);
    },
    get fault() {
      const [first] = faults();
      return faults().length === entrances.doors.length ? first : undefined;
    },
    get partFault() {
      return faults()[0];
    },
    get warnings() {
      const isPart = faults().length > 0 && faults().length < entrances.doors.length;
      return [...(isPart ? ['listener-down'] : []), ...(store.error === undefined ? [] : ['sessions-not-kept'])];
    },
    isConnected: (device) => connections.of(device).length > 0,
    tell(device, topic, payload) {
      const mine = connections.of(device);
      if (mine.length === 0) return WRITE_CODES.notConnected;
      let isHeard = false;
      for (const client of mine) {
        const granted = access.hears(client, topic);
        if (granted === undefined) continue;
        isHeard = true;
        const qos = granted === 0 ? 0 : 1;
        // To those that are here, and into no session of one that is not.
        client.publish({ cmd: 'publish', topic, payload, qos, retain: false, dup: false }, (error) => {
          if (error) noteError(client, error);
        });
      }
      return isHeard ? undefined : WRITE_CODES.notSubscribed;
    },
    refusalOf: (device) => access.refusalOf(device),
    unknown: () => access.unknown.list(),
    counters: () => ({ ...counts, ...access.counts, ...entrances.counts(), ...store.counters() }),
    async [Symbol.asyncDispose]() {
      access.close();
      await new Promise<void>((resolve) => aedes.close(resolve));
      await entrances[Symbol.asyncDispose]();
      await store.destroy();
    },
  };
}

const isKnownByCertificate = (devices: readonly BrokerDevice[]): boolean =>
  devices.some(({ certificate }) => certificate !== undefined);

/**
 * Ends sessions of devices that are gone, and what is retained of nobody's topic. One that has subscribed to what its device may
 * not have any more begins anew, so that it hears what it is refused.
 */
function keepOnly(store: Sessions, devices: readonly BrokerDevice[]): void {
  const topics = new Map(devices.map(({ id, topic }) => [id, topic]));
  const owners = new Map(devices.map(({ id, topic }) => [topic, id]));
  const mayKeep = (clientId: string, filters: readonly string[]) => {
    const topic = topics.get(deviceOfClient(clientId));
    return topic !== undefined && filters.every((filter) => maySubscribe(topic, filter));
  };
  store.keepOnly(mayKeep, (topic) => ownerOf(owners, topic) !== undefined);
}
