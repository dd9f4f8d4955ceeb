import type { IClientOptions, IClientPublishOptions, IConnackPacket, MqttClient } from 'mqtt';
import type { Clock } from '#kit/clock.ts';
import { Fault, textOf } from '#kit/fault.ts';
import type { Incoming } from './commands.ts';
import { UPSTREAM_FAULTS } from './faults.ts';

export interface SessionOptions {
  readonly connection: IClientOptions;
  readonly connectTimeoutMs: number;
  readonly ackTimeoutMs: number;
  readonly wire: Clock;
  /** Gives the attempt up, or ends the session, without DISCONNECT. */
  readonly signal: AbortSignal;
}

export interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
  /** MQTT 5 only; left out on 3.1.1. */
  readonly properties?: NonNullable<IClientPublishOptions['properties']>;
}

/** One connection to a broker, from CONNACK to its end; it is never used again. */
export interface MqttSession {
  /** CONNACK's receive maximum, MQTT 5 section 3.2.2.3.3. */
  readonly receiveMaximum: number;
  /** Resolves once, with why the connection ended. */
  readonly ended: Promise<Fault>;
  /** QoS 1. `acknowledged` is called when the broker has it; if it does not say so in time, the session ends. */
  publish(message: Message, acknowledged: () => void): void;
  /** QoS 1. Settles when the broker has granted it all; a Fault says what it refused, and the connection goes on. */
  subscribe(topics: readonly string[], take: (incoming: Incoming) => void): Promise<Fault | undefined>;
  /** Ends the connection at once and without DISCONNECT, so that the broker publishes the last will. */
  drop(fault: Fault): void;
  /** Ends it by DISCONNECT, so that the broker forgets the last will. Nothing must be on its way any more. */
  leave(): Promise<void>;
}

const LEAVE_WITHIN_MS = 1000;
const LARGEST_RECEIVE_MAXIMUM = 65_535;
/** Return codes 2, 4, 5 of MQTT 3.1.1 and reasons 0x85, 0x86, 0x87, 0x8a of MQTT 5: what the site says of us is wrong. */
const NOT_US = new Set([2, 4, 5, 133, 134, 135, 138]);

function connectFault(error: Error): Fault {
  const code = 'code' in error && typeof error.code === 'number' ? error.code : undefined;
  if (code === undefined) return new Fault(UPSTREAM_FAULTS.unreachable, textOf(error), { cause: error });
  return new Fault(UPSTREAM_FAULTS.refused, textOf(error), {
    cause: error,
    ...(NOT_US.has(code) && { hint: 'check username, password and clientId of this upstream' }),
  });
}

/**
 * Connects once. The client never reconnects, never queues and never re-sends by itself: what it would keep in memory
 * for that, without a bound, is the log's to keep.
 */
export async function openSession(options: SessionOptions): Promise<MqttSession | Fault> {
  const { wire, signal, connectTimeoutMs, ackTimeoutMs } = options;
  // Loaded with the first session, so that neither a site's check nor the first reading waits for it.
  const { connect } = await import('mqtt');
  const client: MqttClient = connect({
    ...options.connection,
    reconnectPeriod: 0,
    // Our own timer below comes first; this one is for what it cannot reach.
    connectTimeout: connectTimeoutMs * 2,
    queueQoSZero: false,
    resubscribe: false,
    clean: true,
    // Else the packet writer keeps a buffer for each 16-bit number: 20 MB.
    writeCache: false,
  });
  const ackTimers = new Set<() => void>();
  const { promise: ended, resolve: resolveEnded } = Promise.withResolvers<Fault>();
  let isOver = false;

  return new Promise((resolve) => {
    const over = (fault: Fault) => {
      if (isOver) return;
      isOver = true;
      cancelConnect();
      signal.removeEventListener('abort', giveUp);
      for (const cancel of ackTimers) cancel();
      ackTimers.clear();
      // The callbacks of what is in flight never come; whoever sent it begins again from the cursor.
      client.end(true);
      resolve(fault);
      resolveEnded(fault);
    };
    const cancelConnect = wire.after(connectTimeoutMs, () => {
      over(new Fault(UPSTREAM_FAULTS.unreachable, `no answer to CONNECT within ${connectTimeoutMs / 1000} s`));
    });
    const giveUp = () => over(new Fault(UPSTREAM_FAULTS.unreachable, 'given up'));
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) giveUp();
    // Stays for the client's life: an error without a listener would end the process.
    client.on('error', (error) => over(connectFault(error)));
    client.on('close', () => over(new Fault(UPSTREAM_FAULTS.unreachable, 'the connection was closed')));
    client.on('disconnect', (packet) => {
      const why = packet.properties?.reasonString ?? `reason ${packet.reasonCode ?? 0}`;
      over(new Fault(UPSTREAM_FAULTS.unreachable, `the broker ended the connection: ${why}`));
    });

    const publish = (message: Message, acknowledged: () => void) => {
      if (isOver) return;
      const cancel = wire.after(ackTimeoutMs, () => {
        over(new Fault(UPSTREAM_FAULTS.unacknowledged, `no acknowledgement within ${ackTimeoutMs / 1000} s`));
      });
      ackTimers.add(cancel);
      const { topic, payload, retain, properties } = message;
      client.publish(topic, payload, { qos: 1, retain, ...(properties && { properties }) }, (error) => {
        if (isOver) return;
        cancel();
        ackTimers.delete(cancel);
        if (!error) return acknowledged();
        const hint = 'check what this user may publish at the upstream';
        over(new Fault(UPSTREAM_FAULTS.rejected, `a message was refused: ${textOf(error)}`, { cause: error, hint }));
      });
    };

    const subscribe = (topics: readonly string[], take: (incoming: Incoming) => void): Promise<Fault | undefined> => {
      client.on('message', (topic, payload, packet) => {
        if (!isOver)
          take({ topic, payload, correlation: packet.properties?.correlationData, isRetained: packet.retain });
      });
      return new Promise((settle) => {
        client.subscribe([...topics], { qos: 1 }, (error, granted = []) => {
          // 0x80 and above are refusals: MQTT 3.1.1 section 3.9.3, MQTT 5 section 3.9.3.
          const refused = error ? topics : granted.filter(({ qos }) => qos >= 0x80).map((each) => each.topic);
          if (refused.length === 0) return settle(undefined);
          const hint = 'check what this user may subscribe to at the upstream';
          settle(new Fault(UPSTREAM_FAULTS.rejected, `no commands: not subscribed to ${refused.join(', ')}`, { hint }));
        });
      });
    };

    client.once('connect', (connack: IConnackPacket) => {
      cancelConnect();
      const receiveMaximum = connack.properties?.receiveMaximum ?? LARGEST_RECEIVE_MAXIMUM;
      const leave = async () => {
        if (isOver) return;
        const cancel = wire.after(LEAVE_WITHIN_MS, giveUp);
        client.end(false);
        await ended;
        cancel();
      };
      resolve({ receiveMaximum, ended, publish, subscribe, drop: over, leave });
    });
  });
}
