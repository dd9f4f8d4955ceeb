import { isEqual } from '#kit/equal.ts';
import { Fault } from '#kit/fault.ts';
import type { LinkContext, LinkStatus, OpenLink, Overheard, Written } from '../driver.ts';
import { Ears } from '../ears.ts';
import { parseListen } from '../listen.ts';
import type { Point } from '../point.ts';
import { READING_CODES, type Reading } from '../reading.ts';
import { type Broker, type BrokerOptions, openBroker } from './broker.ts';
import { type External, openExternal } from './external.ts';
import type { MqttDevice, MqttLinkSpec } from './kind.ts';
import type { NetworkDevices } from './lorawan/network-devices.ts';
import { behindServer, NETWORK_SERVER, networkAccount, openNetworkDevices, topicAccount } from './members.ts';
import { MessageQueue } from './message-queue.ts';
import type { BrokerDevice } from './sign-in.ts';
import { SilenceWatch } from './silence-watch.ts';
import { TopicDevices } from './topic-devices.ts';
import { Writer } from './writer.ts';

/** For messages whose sender waits for nothing. */
const notAwaited = () => {};

/** Where the embedded broker listens. */
type Listens = Pick<BrokerOptions, 'plain' | 'tls' | 'websocket'>;

/** Where the devices' messages come from. */
type Medium =
  | { readonly kind: 'embedded'; readonly broker: Broker }
  | { readonly kind: 'external'; readonly broker: External };

class MqttLink implements OpenLink {
  readonly #context: LinkContext;
  readonly #options: MqttLinkSpec['options'];
  #devices: readonly MqttDevice[];
  readonly #topics: TopicDevices;
  readonly #network: NetworkDevices | undefined;
  readonly #queue: MessageQueue;
  #pointsOf: ReadonlyMap<string, readonly Point[]>;
  readonly #silence: SilenceWatch;
  readonly #closing = new AbortController();
  readonly #ears = new Ears();
  readonly #writer: Writer;
  #messages = 0;
  #medium: Medium | undefined;

  constructor({ options, devices }: MqttLinkSpec, context: LinkContext) {
    this.#context = context;
    this.#options = options;
    this.#devices = devices;
    this.#topics = new TopicDevices(devices);
    this.#network = openNetworkDevices(options, devices, context);
    this.#pointsOf = pointsByDevice(devices);
    this.#writer = new Writer(devices, (...command) => this.#tell(...command), context.wire);
    this.#queue = new MessageQueue([...this.#pointsOf.keys()], context, (readings) => this.#writer.saw(readings));
    this.#silence = new SilenceWatch(devices, context.clock, (points) => this.#owe(points));
  }

  async startBroker(listens: Listens): Promise<void> {
    const { maxConnections, maxPacketBytes } = this.#options;
    const broker = await openBroker(
      { ...listens, maxConnections, maxPacketBytes },
      this.#accounts(),
      this.#context,
      (sender, payload, topic, taken) =>
        sender === NETWORK_SERVER
          ? this.#takeUplink(topic, payload, taken)
          : this.#takePayload(sender, payload, topic, taken),
    );
    this.#medium = { kind: 'embedded', broker };
    this.#silence.start();
  }

  startExternal(id: string, url: string): void {
    this.#silence.goDown();
    const broker = openExternal({ ...this.#options, id, url, filters: this.#filters() }, this.#context, {
      message: (topic, payload) => {
        const device = this.#topics.ownerOf(topic);
        if (device === undefined) this.#takeUplink(topic, payload, notAwaited);
        else this.#takePayload(device, payload, topic, notAwaited);
      },
      up: () => this.#silence.comeUp(),
      down: () => {
        this.#writer.endAll(READING_CODES.linkDown);
        this.#silence.goDown();
      },
    });
    this.#medium = { kind: 'external', broker };
  }

  readings(signal: AbortSignal): AsyncGenerator<readonly Reading[]> {
    return this.#queue.readings(AbortSignal.any([signal, this.#closing.signal]));
  }

  /**
   * Whatever the devices, the link need not be opened anew: who is equal stays connected, on another broker subscribed. Of one
   * that is otherwise the connection stays where it would be let in as it is, and what waits is read as the device is now.
   */
  change(devices: readonly MqttDevice[]): () => void {
    // What takes long is done now: those that are equal are then the very same.
    const next = withEqual(this.#devices, devices);
    return () => this.#exchange(withEqual(this.#devices, next));
  }

  kept(durable: Promise<unknown>): void {
    this.#queue.kept(durable);
  }

  status(): LinkStatus {
    const embedded = this.#medium?.kind === 'embedded' ? this.#medium.broker : undefined;
    const isDown = this.#medium?.broker.fault !== undefined;
    const fault = this.#medium?.broker.fault ?? embedded?.partFault;
    const hint = fault?.hint === undefined ? '' : ` (${fault.hint})`;
    const unknown = (this.#network ?? embedded)?.unknown();
    const told = this.#medium?.broker.counters() ?? {};
    const copies = this.#network?.counts.duplicates;
    return {
      state: this.#medium?.kind === 'external' ? this.#medium.broker.state : isDown ? 'down' : 'up',
      ...(fault === undefined ? {} : { error: `${fault.message}${hint}` }),
      counters: {
        messages: this.#messages,
        ...this.#topics.counts,
        ...this.#writer.counts,
        ...this.#network?.counts,
        dropped: this.#queue.dropped,
        ...told,
        // Those of LoRaWAN, and those of QoS 2.
        ...(copies !== undefined && { duplicates: copies + (told.duplicates ?? 0) }),
      },
      devices: Object.fromEntries(this.#devices.map((device) => [device.id, this.#answers(device)])),
      ...(unknown === undefined ? {} : { unknown }),
      ...(embedded && embedded.warnings.length > 0 && { warnings: embedded.warnings }),
    };
  }

  write(point: string, value: number | string, signal?: AbortSignal): Promise<Written> {
    return this.#writer.write(point, value, signal);
  }

  tap(listener: (heard: Overheard) => void): () => void {
    return this.#ears.tap(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#silence.close();
    this.#writer.endAll(READING_CODES.linkDown);
    await this.#medium?.broker[Symbol.asyncDispose]();
  }

  #answers(device: MqttDevice): { answers: boolean; code?: string } {
    if (this.#silence.isOut) return { answers: false, code: READING_CODES.linkDown };
    const states = device.points.map(({ key }) => this.#silence.stateOf(key));
    if (states.includes('heard')) return { answers: true };
    const isSilent = states.includes('silent');
    if (this.#medium?.kind !== 'embedded') {
      return { answers: false, code: isSilent ? READING_CODES.noAnswer : 'not-connected' };
    }
    const { broker } = this.#medium;
    const isOwn = device.options.devEui === undefined;
    const account = isOwn ? device.id : NETWORK_SERVER;
    if (!broker.isConnected(account)) {
      return { answers: false, code: broker.refusalOf(account) ?? 'not-connected' };
    }
    if (isSilent) return { answers: false, code: READING_CODES.noAnswer };
    // That its network server is there says nothing of a device.
    return isOwn ? { answers: true } : { answers: false, code: 'not-connected' };
  }

  #exchange(devices: readonly MqttDevice[]): void {
    const before = new Set(this.#devices);
    const equal = new Set(devices.filter((device) => before.has(device)).map(({ id }) => id));
    this.#devices = devices;
    this.#pointsOf = pointsByDevice(devices);
    this.#topics.change(devices);
    this.#network?.change(behindServer(devices));
    if (this.#medium?.kind === 'embedded') this.#medium.broker.change(this.#accounts());
    else this.#medium?.broker.follow(this.#filters());
    this.#writer.change(devices);
    this.#silence.change(devices);
    this.#queue.change([...this.#pointsOf.keys()], equal);
  }

  /** Of the embedded broker. */
  #accounts(): BrokerDevice[] {
    return [...this.#devices.flatMap(topicAccount), ...networkAccount(this.#options)];
  }

  /** On another broker. */
  #filters(): readonly string[] {
    return [...this.#topics.filters, ...(this.#network?.filters ?? [])];
  }

  #takePayload(device: string, payload: Buffer, topic: string, taken: () => void): void {
    this.#messages++;
    this.#overhear(topic, payload);
    const tick = this.#context.clock.tick();
    const read = () => {
      const sets = this.#topics.take(device, payload, topic);
      for (const { point } of sets.flat()) this.#silence.heard(point, tick);
      return sets;
    };
    this.#queue.push(device, read, taken);
  }

  async #tell(device: string, topic: string, payload: Buffer): Promise<string | undefined> {
    if (this.#medium === undefined) return READING_CODES.linkDown;
    this.#overhear(topic, payload, 'out');
    return this.#medium.kind === 'embedded'
      ? this.#medium.broker.tell(device, topic, payload)
      : await this.#medium.broker.tell(topic, payload);
  }

  #overhear(topic: string, payload: Buffer, way: Overheard['way'] = 'in'): void {
    const what = () => `${payload.length} bytes: ${payload.toString('utf8', 0, 400)}`;
    this.#ears.tell(() => ({ at: this.#context.clock.now(), way, who: topic, what: what(), isRight: true }));
  }

  #takeUplink(topic: string, message: Buffer, taken: () => void): void {
    this.#messages++;
    this.#overhear(topic, message);
    const heard = this.#network?.take(topic, message);
    if (heard === undefined) {
      taken();
      return;
    }
    const tick = this.#context.clock.tick();
    const read = () => {
      // Such a device sends what it has to say, not each point each time: that it is heard is what counts.
      for (const { key } of this.#pointsOf.get(heard.device) ?? []) this.#silence.heard(key, tick);
      const readings = heard.read();
      return readings.length > 0 ? [readings] : [];
    };
    this.#queue.push(heard.device, read, taken);
  }

  #owe(points: readonly Point[]): void {
    const isDown = this.#silence.isOut || this.#medium?.broker.fault !== undefined;
    const code = isDown ? READING_CODES.linkDown : READING_CODES.noAnswer;
    for (const { device, key } of points) {
      const reading = { point: key, value: null, quality: 'bad', code } as const;
      this.#queue.push(device, () => (this.#silence.isOwed(key) ? [[reading]] : []), notAwaited);
    }
  }
}

const pointsByDevice = (devices: readonly MqttDevice[]): ReadonlyMap<string, readonly Point[]> =>
  new Map(devices.map(({ id, points }) => [id, points]));

/** Those of `after`; in the place of one that is equal stands the one before. */
function withEqual(before: readonly MqttDevice[], after: readonly MqttDevice[]): readonly MqttDevice[] {
  const known = new Map(before.map((device) => [device.id, device]));
  return after.map((device) => {
    const same = known.get(device.id);
    return same !== undefined && isEqual(same, device) ? same : device;
  });
}

/** Opens the broker for a link's devices, or a client of another one. Fails only if nobody says where to listen. */
export async function openMqttLink(spec: MqttLinkSpec, context: LinkContext): Promise<OpenLink> {
  const { url } = spec.options;
  if (url !== undefined) {
    const link = new MqttLink(spec, context);
    link.startExternal(spec.id, url);
    return link;
  }
  const listens = listensOf(spec.options);
  if (Object.keys(listens).length === 0) {
    throw new Fault('no-listen', `link ${spec.id}: nobody says where its broker listens`, {
      hint: 'give site.yaml broker: { listen: "127.0.0.1:1883" }, or the link its own listen',
    });
  }
  const link = new MqttLink(spec, context);
  await link.startBroker(listens);
  return link;
}

function listensOf({ listen, tls, websocket }: MqttLinkSpec['options']): Listens {
  const plain = parseListen(listen ?? '');
  const secure = parseListen(tls?.listen ?? '');
  const web = parseListen(websocket?.listen ?? '');
  return {
    ...(plain && { plain }),
    ...(secure && tls && { tls: { ...secure, cert: tls.cert, key: tls.key, ca: tls.ca } }),
    ...(web && websocket && { websocket: { ...web, path: websocket.path, isSecure: websocket.tls } }),
  };
}
