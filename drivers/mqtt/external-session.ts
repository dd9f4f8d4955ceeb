import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '#kit/clock.ts';
import { Fault, textOf } from '#kit/fault.ts';
import { guardSocket } from './socket-guard.ts';
import { Subscriptions } from './subscriptions.ts';
import { parseUrl } from './url.ts';

export interface SessionOptions {
  readonly url: string;
  readonly clientId: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly maxPacketBytes: number;
  readonly filters: readonly string[];
}

/** A connection that is ready for use. */
export interface Session {
  /** QoS 1, not retained: settles when the broker has confirmed, and rejects when it cannot any more. */
  publish(topic: string, payload: Buffer): Promise<unknown>;
  /** From now on these are its filters: those that it has stay, each is there once. */
  follow(filters: readonly string[]): void;
}

export interface SessionEvents {
  /** The broker has let us in and has answered all subscriptions. Called once, first of all. */
  ready(session: Session): void;
  /** Filters that the broker does not grant, while it grants others. */
  refused(filters: readonly string[]): void;
  /** A message that was not kept for us, at any QoS. */
  message(topic: string, payload: Buffer): void;
  /** A message that the broker had kept: how old it is nobody knows. */
  retained(): void;
}

/** From the start of a connection, or of a change, to the answer to the last subscription. */
const READY_WITHIN_MS = 20_000;
const KEEPALIVE_S = 30;
/** The first packet of a broker: CONNACK, MQTT 3.1.1 section 3.2, and more than its bytes in MQTT 5. */
const CONNACK = 0x20;
const LONGEST_CONNACK = 256;
/** CONNACK return codes of identifier, user name and password, and rights, table 3.1. */
const NOT_US = new Set([2, 4, 5]);

/** Read anew for each connection, so that a renewed certificate is taken. */
async function readPem(field: string, path: string | undefined): Promise<Record<string, Buffer>> {
  if (path === undefined) return {};
  try {
    return { [field]: await readFile(path) };
  } catch (cause) {
    throw new Fault('certificate', `cannot read ${path}: ${textOf(cause)}`, {
      cause,
      hint: `see ${field} of this link`,
    });
  }
}

async function openSocket(options: SessionOptions): Promise<Socket> {
  const { host, port, isSecure } = parseUrl(options.url);
  if (!isSecure) return connectTcp({ host, port, noDelay: true });
  const pems = await Promise.all((['ca', 'cert', 'key'] as const).map((field) => readPem(field, options[field])));
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({ host, port, ...servername, ...Object.assign({}, ...pems) });
}

function refusal(error: Error): Fault {
  const code = 'code' in error && typeof error.code === 'number' ? error.code : undefined;
  const hint = code !== undefined && NOT_US.has(code) ? 'check username and password of this link' : undefined;
  const message = code === undefined ? textOf(error) : `the broker refused: ${textOf(error)}`;
  return new Fault(code === undefined ? 'unreachable' : 'refused', message, { cause: error, ...(hint && { hint }) });
}

/**
 * One connection to another broker, MQTT 3.1.1, from its opening to its end; gives why it ended. What the broker sends
 * is looked at before it is kept: a packet over the bound ends the connection, and its bytes are nowhere.
 */
export async function runSession(
  options: SessionOptions,
  context: { readonly wire: Clock; readonly signal: AbortSignal },
  events: SessionEvents,
): Promise<Fault> {
  const { signal, wire } = context;
  // Loaded with the first session: a site without another broker does without it. Before the socket is opened, since one that
  // is refused while nobody listens ends the process.
  const mqtt = await import('mqtt');
  const socket = await openSocket(options).catch((error: unknown) =>
    error instanceof Fault ? error : new Fault('unreachable', textOf(error), { cause: error }),
  );
  if (socket instanceof Fault) return socket;
  return await new Promise<Fault>((resolve) => {
    let isOver = false;
    const { username, password, clientId, filters } = options;
    const limits = { first: CONNACK, beforeConnect: LONGEST_CONNACK, afterConnect: options.maxPacketBytes };
    guardSocket(socket, limits, (breach) => over(new Fault(breach, `the broker sent what was not taken: ${breach}`)));
    const client = new mqtt.MqttClient(() => socket, {
      clientId,
      protocolVersion: 4,
      clean: true,
      keepalive: KEEPALIVE_S,
      reconnectPeriod: 0,
      connectTimeout: READY_WITHIN_MS * 2,
      resubscribe: false,
      queueQoSZero: false,
      // Else the packet writer keeps a buffer for each 16-bit number: 20 MB.
      writeCache: false,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    });
    let isReady = false;
    let cancelTimeout = () => {};
    const awaitAnswer = () => {
      cancelTimeout();
      cancelTimeout = wire.after(READY_WITHIN_MS, () =>
        over(new Fault('unreachable', `the broker did not answer within ${READY_WITHIN_MS / 1000} s`)),
      );
    };
    const give = () => over(new Fault('closed', 'the link was closed'));
    const over = (fault: Fault) => {
      if (isOver) return;
      isOver = true;
      cancelTimeout();
      signal.removeEventListener('abort', give);
      client.end(true);
      socket.destroy();
      resolve(fault);
    };
    signal.addEventListener('abort', give);
    // Both stay for good: an error without a listener would end the process.
    socket.on('error', (error) => over(refusal(error)));
    client.on('error', (error) => over(refusal(error)));
    client.on('close', () => over(new Fault('unreachable', 'the broker closed the connection')));
    client.on('message', (topic, payload, packet) => {
      if (isOver) return;
      if (packet.retain) events.retained();
      else events.message(topic, payload);
    });
    const subscriptions = new Subscriptions(client, {
      settled: (refused) => {
        if (isOver) return;
        cancelTimeout();
        if (!isReady) {
          isReady = true;
          events.ready({
            publish: (topic, payload) => client.publishAsync(topic, payload, { qos: 1, retain: false }),
            follow: (changed) => {
              if (isOver) return;
              awaitAnswer();
              subscriptions.follow(changed);
            },
          });
        }
        if (refused.length > 0) events.refused(refused);
      },
      refused: () => {
        const hint = 'check what this user may read at the broker';
        over(new Fault('refused', 'the broker grants no subscription', { hint }));
      },
      failed: (error) => over(refusal(error)),
    });
    awaitAnswer();
    client.once('connect', () => subscriptions.follow(filters));
    if (signal.aborted) give();
  });
}
