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
import { NETWORK_SERVER, networkAccount, openNetworkDevices, topicAccount } from './members.ts';
import { MessageQueue } from './message-queue.ts';
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
  readonly #devices: readonly MqttDevice[];
  readonly #topics: TopicDevices;
  readonly #network: NetworkDevices | undefined;
  readonly #queue: MessageQueue;
  readonly #pointsOf: ReadonlyMap<string, readonly Point[]>;
  readonly #silence: SilenceWatch;
  readonly #closing = new AbortController();
  readonly #ears = new Ears();
  readonly #writer: Writer;
  #messages = 0;
  #medium: Medium | undefined;

  constructor({ options, devices }: MqttLinkSpec, context: LinkContext) {
    this.#context = context;
    this.#devices = devices;
    this.#topics = new TopicDevices(devices);
    this.#network = openNetworkDevices(options, devices, context);
    this.#pointsOf = new Map(devices.map(({ id, points }) => [id, points]));
    this.#writer = new Writer(devices, (...command) => this.#tell(...command), context.wire);
    this.#queue = new MessageQueue([...this.#pointsOf.keys()], context, (readings) => this.#writer.saw(readings));
    this.#silence = new SilenceWatch(devices, context.clock, (points) => this.#owe(points));
  }

  async startBroker(options: MqttLinkSpec['options'], listens: Listens): Promise<void> {
    const { maxConnections, maxPacketBytes } = options;
    const accounts = [...this.#devices.flatMap(topicAccount), ...networkAccount(options)];
    const broker = await openBroker(
      { ...listens, maxConnections, maxPacketBytes },
      accounts,
      this.#context,
      (sender, payload, topic, taken) =>
        sender === NETWORK_SERVER
          ? this.#takeUplink(topic, payload, taken)
          : this.#takePayload(sender, payload, topic, taken),
    );
    this.#medium = { kind: 'embedded', broker };
    this.#silence.start();
  }

  startExternal(id: string, url: string, options: MqttLinkSpec['options']): void {
    const filters = [...this.#topics.filters, ...(this.#network?.filters ?? [])];
    this.#silence.goDown();
    const broker = openExternal({ ...options, id, url, filters }, this.#context, {
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

  kept(durable: Promise<unknown>): void {
    this.#queue.kept(durable);
  }

  status(): LinkStatus {
    const embedded = this.#medium?.kind === 'embedded' ? this.#medium.broker : undefined;
    const isDown = this.#medium?.broker.fault !== undefined;
    const fault = this.#medium?.broker.fault ?? embedded?.partFault;
    const hint = fault?.hint === undefined ? '' : ` (${fault.hint})`;
    const unknown = (this.#network ?? embedded)?.unknown();
    return {
      state: this.#medium?.kind === 'external' ? this.#medium.broker.state : isDown ? 'down' : 'up',
      ...(fault === undefined ? {} : { error: `${fault.message}${hint}` }),
      counters: {
        messages: this.#messages,
        ...this.#topics.counts,
        ...this.#writer.counts,
        ...this.#network?.counts,
        dropped: this.#queue.dropped,
        ...this.#medium?.broker.counters(),
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

  #takePayload(device: string, payload: Buffer, topic: string, taken: () => void): void {
    this.#messages++;
    this.#overhear(topic, payload);
    const sets = this.#topics.take(device, payload, topic);
    const tick = this.#context.clock.tick();
    for (const { point } of sets.flat()) this.#silence.heard(point, tick);
    this.#queue.push({ device, sets, taken });
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
    // Such a device sends what it has to say, not each point each time: that it is heard is what counts.
    for (const { key } of this.#pointsOf.get(heard.device) ?? []) this.#silence.heard(key, tick);
    this.#queue.push({ device: heard.device, sets: heard.readings.length > 0 ? [heard.readings] : [], taken });
  }

  #owe(points: readonly Point[]): void {
    const isDown = this.#silence.isOut || this.#medium?.broker.fault !== undefined;
    const code = isDown ? READING_CODES.linkDown : READING_CODES.noAnswer;
    for (const { device, key } of points) {
      const reading = { point: key, value: null, quality: 'bad', code } as const;
      this.#queue.push({ device, sets: [[reading]], taken: notAwaited });
    }
  }
}

/** Opens the broker for a link's devices, or a client of another one. Fails only if nobody says where to listen. */
export async function openMqttLink(spec: MqttLinkSpec, context: LinkContext): Promise<OpenLink> {
  const { url } = spec.options;
  if (url !== undefined) {
    const link = new MqttLink(spec, context);
    link.startExternal(spec.id, url, spec.options);
    return link;
  }
  const listens = listensOf(spec.options);
  if (Object.keys(listens).length === 0) {
    throw new Fault('no-listen', `link ${spec.id}: nobody says where its broker listens`, {
      hint: 'give site.yaml broker: { listen: "127.0.0.1:1883" }, or the link its own listen',
    });
  }
  const link = new MqttLink(spec, context);
  await link.startBroker(spec.options, listens);
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
