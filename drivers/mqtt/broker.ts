import { Aedes, type Client } from 'aedes';
import type { Clock } from '#kit/clock.ts';
import type { Fault } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { type ListenerOptions, openListener } from '../listener.ts';
import { Access, type BrokerDevice, type TakePayload } from './access.ts';
import { guardSocket } from './socket-guard.ts';

export interface BrokerOptions extends Omit<ListenerOptions, 'name' | 'setting'> {
  /** The largest packet taken from a device that has signed in, header included. */
  readonly maxPacketBytes: number;
}

/** The broker inside the gateway: MQTT 3.1 and 3.1.1, for the devices of one link and nobody else. */
export interface Broker extends AsyncDisposable {
  /** Why it does not listen; undefined while it does. */
  readonly fault: Fault | undefined;
  isConnected(device: string): boolean;
  /** Its last sign-in was refused. */
  isRefused(device: string): boolean;
  counters(): Readonly<Record<string, number>>;
}

const FIRST_PACKET_BYTES = 4096;
const CONNECT_TIMEOUT_MS = 10_000;
const DRAIN_TIMEOUT_MS = 5000;
/** A device that reconnects under new client ids leaves its old connections behind; the oldest is closed. */
const MOST_CONNECTIONS_A_DEVICE = 4;

export async function openBroker(
  options: BrokerOptions,
  devices: readonly BrokerDevice[],
  context: { readonly wire: Clock; readonly log: Log },
  take: TakePayload,
): Promise<Broker> {
  const access = new Access(devices, context, take);
  const { preConnect, authenticate, authorizePublish, authorizeSubscribe, authorizeForward } = access;
  const aedes = await Aedes.createBroker({
    connectTimeout: CONNECT_TIMEOUT_MS,
    drainTimeout: DRAIN_TIMEOUT_MS,
    maxInflightInbound: 100,
    maxTopicLevels: 32,
    // Of MQTT 3.1 only; the user name that stands before the id makes it longer.
    maxClientsIdLength: 1024,
    preConnect,
    authenticate,
    authorizePublish,
    authorizeSubscribe,
    authorizeForward,
  });
  const connections = new Map<string, Client[]>(devices.map(({ id }) => [id, []]));
  const counts = { connects: 0, disconnects: 0, protocolErrors: 0 };

  aedes.on('client', (client) => {
    const mine = connections.get(access.deviceOf(client) ?? '') ?? [];
    counts.connects++;
    mine.push(client);
    if (mine.length > MOST_CONNECTIONS_A_DEVICE) mine[0]?.close();
  });
  aedes.on('clientDisconnect', (client) => {
    const mine = connections.get(access.deviceOf(client) ?? '') ?? [];
    counts.disconnects++;
    if (mine.includes(client)) mine.splice(mine.indexOf(client), 1);
  });
  const noteError = (client: Client, error: Error) => {
    counts.protocolErrors++;
    context.log.debug(
      { device: access.deviceOf(client), error: error.message },
      'mqtt: a connection ended by an error',
    );
  };
  aedes.on('clientError', noteError);
  aedes.on('connectionError', noteError);

  const limits = { beforeConnect: FIRST_PACKET_BYTES, afterConnect: options.maxPacketBytes };
  const listener = openListener({ ...options, name: 'mqtt', setting: 'broker.listen' }, context, (socket) => {
    let client: Client | undefined;
    guardSocket(socket, limits, (breach) => access.noteBreach(client, breach));
    client = aedes.handle(socket);
  });

  return {
    get fault() {
      return listener.fault;
    },
    isConnected: (device) => (connections.get(device)?.length ?? 0) > 0,
    isRefused: (device) => access.isRefused(device),
    counters: () => ({ ...counts, ...access.counts, turnedAway: listener.turnedAway }),
    async [Symbol.asyncDispose]() {
      access.close();
      await new Promise<void>((resolve) => aedes.close(resolve));
      await listener[Symbol.asyncDispose]();
    },
  };
}
