import { randomUUID } from 'node:crypto';
import type { AedesOptions, Client } from 'aedes';
import type { Clock } from '#kit/clock.ts';
import type { Log } from '#kit/log.ts';
import { Credentials } from './credentials.ts';
import { Pace } from './pace.ts';
import type { Breach } from './packet-scanner.ts';
import { Refusals } from './refusals.ts';
import { mayPublish, maySubscribe } from './topic.ts';

/** A device, or a network server that speaks for many, as the broker knows it. */
export interface BrokerDevice {
  readonly id: string;
  /** Where it may publish, and below. */
  readonly topic: string;
  readonly username: string;
  /** Without one it cannot connect. */
  readonly password: string | undefined;
}

/** Called with each message that a device may send, once, before anything else is done with it. */
export type TakePayload = (device: string, payload: Buffer, topic: string) => void;

const MOST_FILTERS_A_CONNECTION = 16;
const PACE = { perSecond: 100, burst: 200 };
/** CONNACK return code, MQTT 3.1.1 table 3.1: bad user name or password. */
const BAD_CREDENTIALS = 4;

interface Session {
  readonly device: BrokerDevice;
  readonly pace: Pace;
  filters: number;
}

/** Who may connect to the broker, and what each may do there. All that is not allowed is refused and counted. */
export class Access {
  readonly counts = {
    refusedConnects: 0,
    refusedPublishes: 0,
    refusedSubscribes: 0,
    heldBack: 0,
    oversized: 0,
    notConnect: 0,
    malformed: 0,
  };
  readonly #devices: ReadonlyMap<string, { readonly device: BrokerDevice; readonly pace: Pace }>;
  readonly #credentials = new Credentials();
  readonly #sessions = new WeakMap<Client, Session>();
  readonly #heldBack = new Set<() => void>();
  readonly #refusals: Refusals;
  /** Devices whose last sign-in was refused. */
  readonly #refused = new Set<string>();
  readonly #wire: Clock;
  readonly #take: TakePayload;
  #closed = false;

  constructor(
    devices: readonly BrokerDevice[],
    context: { readonly wire: Clock; readonly log: Log },
    take: TakePayload,
  ) {
    this.#devices = new Map(devices.map((device) => [device.id, { device, pace: new Pace(PACE) }]));
    for (const { id, username, password } of devices) this.#credentials.add(username, password, id);
    this.#refusals = new Refusals(context.log);
    this.#wire = context.wire;
    this.#take = take;
  }

  deviceOf(client: Client | undefined): string | undefined {
    return client && this.#sessions.get(client)?.device.id;
  }

  /** Somebody who gave its user name was refused, and nobody has signed in by it since. */
  isRefused(device: string): boolean {
    return this.#refused.has(device);
  }

  readonly preConnect: NonNullable<AedesOptions['preConnect']> = (_client, packet, done) => {
    // No session outlives its connection: one that did would gather messages without a bound.
    packet.clean = true;
    // A device cannot take over another's connection by its client id [MQTT-3.1.4-2].
    packet.clientId = `${packet.username ?? ''}/${packet.clientId || randomUUID()}`;
    done(null, true);
  };

  readonly authenticate: NonNullable<AedesOptions['authenticate']> = (client, username, password, done) => {
    const found = this.#devices.get(this.#credentials.find(username, password) ?? '');
    if (found !== undefined && !this.#closed) {
      this.#sessions.set(client, { ...found, filters: 0 });
      this.#refused.delete(found.device.id);
      return done(null, true);
    }
    this.counts.refusedConnects++;
    const device = this.#credentials.deviceOf(username) ?? null;
    if (device !== null) this.#refused.add(device);
    this.#refusals.add(device, 'connect', 'a client was refused: its user name or password is not one of this link');
    done(Object.assign(new Error('bad user name or password'), { returnCode: BAD_CREDENTIALS }), false);
  };

  readonly authorizePublish: NonNullable<AedesOptions['authorizePublish']> = (client, packet, done) => {
    // Retained messages are kept by topic: a device that makes up topics would fill the memory.
    packet.retain = false;
    const session = client === null ? undefined : this.#sessions.get(client);
    // Wills of connections that we close ourselves are not the device's word.
    if (this.#closed) return done(new Error('the broker is closing'));
    if (session === undefined || !mayPublish(session.device.topic, packet.topic)) {
      this.counts.refusedPublishes++;
      this.#refusals.add(
        session?.device.id ?? null,
        'publish',
        'a device that published outside of its topic was cut off',
      );
      return done(new Error('not its topic'));
    }
    const take = () => {
      this.#take(session.device.id, Buffer.from(packet.payload), packet.topic);
      done(null);
    };
    const waitMs = session.pace.waitMs(this.#wire.tick());
    if (waitMs === 0) take();
    else this.#holdBack(waitMs, take);
  };

  readonly authorizeSubscribe: NonNullable<AedesOptions['authorizeSubscribe']> = (client, subscription, done) => {
    const session = this.#sessions.get(client);
    if (session !== undefined && maySubscribe(session.device.topic, subscription.topic)) {
      if (++session.filters <= MOST_FILTERS_A_CONNECTION) return done(null, subscription);
    }
    this.counts.refusedSubscribes++;
    this.#refusals.add(
      session?.device.id ?? null,
      'subscribe',
      'a subscription outside of a device’s topic was refused',
    );
    done(null, null);
  };

  /** What devices send is for the gateway alone: a subscriber that does not read cannot hold up the others. */
  readonly authorizeForward: NonNullable<AedesOptions['authorizeForward']> = (_client, packet) =>
    'clientId' in packet ? null : packet;

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
