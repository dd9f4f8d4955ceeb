import { Fault } from '#kit/fault.ts';
import type { LinkContext, LinkStatus, OpenLink } from '../driver.ts';
import { FairQueue } from '../fair-queue.ts';
import { parseListen } from '../listen.ts';
import type { Point } from '../point.ts';
import { READING_CODES, type Reading } from '../reading.ts';
import { Silence } from '../silence.ts';
import { type Broker, openBroker } from './broker.ts';
import type { UntimedReading } from './device-payload.ts';
import { type External, openExternal } from './external.ts';
import type { MqttDevice, MqttLinkSpec } from './kind.ts';
import type { NetworkDevices } from './lorawan/network-devices.ts';
import { NETWORK_SERVER, networkAccount, openNetworkDevices, topicAccount } from './members.ts';
import { TopicDevices } from './topic-devices.ts';

/** Messages of one device that wait for the rules; its oldest go first. */
const WAITING_A_DEVICE = 256;

/** After how many heartbeats a device of LoRaWAN is offline; others after three of their periods. */
const SILENT_HEARTBEATS = 2.5;

/** Where the devices' messages come from. */
type Medium =
  | { readonly kind: 'embedded'; readonly broker: Broker }
  | { readonly kind: 'external'; readonly broker: External };

class MqttLink implements OpenLink {
  readonly #context: LinkContext;
  readonly #devices: readonly MqttDevice[];
  readonly #topics: TopicDevices;
  readonly #network: NetworkDevices | undefined;
  readonly #queue: FairQueue<readonly UntimedReading[]>;
  readonly #pointsOf: ReadonlyMap<string, readonly Point[]>;
  readonly #silence: Silence;
  readonly #closing = new AbortController();
  #messages = 0;
  #medium: Medium | undefined;
  /** While another broker is away: the points that owe a reading of that, and since when, ticks. */
  #outage: { readonly silence: Silence; readonly since: number } | undefined;
  #cancelSilence = () => {};

  constructor({ options, devices }: MqttLinkSpec, context: LinkContext) {
    this.#context = context;
    this.#devices = devices;
    this.#topics = new TopicDevices(devices);
    this.#network = openNetworkDevices(options, devices, context);
    this.#pointsOf = new Map(devices.map(({ id, points }) => [id, points]));
    this.#queue = new FairQueue([...this.#pointsOf.keys()], WAITING_A_DEVICE);
    const radio = new Set(devices.filter(({ options }) => options.devEui !== undefined).map(({ id }) => id));
    const periodsOf = ({ device }: Point) => (radio.has(device) ? SILENT_HEARTBEATS : 3);
    this.#silence = new Silence(this.#points(), context.clock.tick(), periodsOf);
  }

  async startBroker(options: MqttLinkSpec['options'], listen: { host: string; port: number }): Promise<void> {
    const { maxConnections, maxPacketBytes } = options;
    const accounts = [...this.#devices.flatMap(topicAccount), ...networkAccount(options)];
    const broker = await openBroker(
      { ...listen, maxConnections, maxPacketBytes },
      accounts,
      this.#context,
      (sender, payload, topic) =>
        sender === NETWORK_SERVER ? this.#takeUplink(topic, payload) : this.#takePayload(sender, payload, topic),
    );
    this.#medium = { kind: 'embedded', broker };
    this.#awaitSilence();
  }

  startExternal(id: string, url: string, options: MqttLinkSpec['options']): void {
    const filters = [...this.#topics.filters, ...(this.#network?.filters ?? [])];
    this.#goDown();
    const broker = openExternal({ ...options, id, url, filters }, this.#context, {
      message: (topic, payload) => {
        const device = this.#topics.ownerOf(topic);
        if (device === undefined) this.#takeUplink(topic, payload);
        else this.#takePayload(device, payload, topic);
      },
      up: () => this.#comeUp(),
      down: () => this.#goDown(),
    });
    this.#medium = { kind: 'external', broker };
  }

  async *readings(signal: AbortSignal): AsyncGenerator<readonly Reading[]> {
    const { clock } = this.#context;
    for await (const messages of this.#queue.batches(AbortSignal.any([signal, this.#closing.signal]))) {
      const at = clock.now();
      const tick = clock.tick();
      const batch = messages.flatMap((readings) => readings.map((reading) => ({ ...reading, at, tick })));
      if (batch.length > 0) yield batch;
    }
  }

  status(): LinkStatus {
    const fault = this.#medium?.broker.fault;
    const hint = fault?.hint === undefined ? '' : ` (${fault.hint})`;
    return {
      state: this.#medium?.kind === 'external' ? this.#medium.broker.state : fault === undefined ? 'up' : 'down',
      ...(fault === undefined ? {} : { error: `${fault.message}${hint}` }),
      counters: {
        messages: this.#messages,
        ...this.#topics.counts,
        ...this.#network?.counts,
        dropped: this.#queue.dropped,
        ...this.#medium?.broker.counters(),
      },
      devices: Object.fromEntries(this.#devices.map((device) => [device.id, this.#answers(device)])),
      ...(this.#network && { unknown: this.#network.unknown() }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#cancelSilence();
    await this.#medium?.broker[Symbol.asyncDispose]();
  }

  #answers(device: MqttDevice): { answers: boolean; code?: string } {
    if (this.#outage !== undefined) return { answers: false, code: READING_CODES.linkDown };
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
      return { answers: false, code: broker.isRefused(account) ? 'wrong-password' : 'not-connected' };
    }
    if (isSilent) return { answers: false, code: READING_CODES.noAnswer };
    // That its network server is there says nothing of a device.
    return isOwn ? { answers: true } : { answers: false, code: 'not-connected' };
  }

  #takePayload(device: string, payload: Buffer, topic: string): void {
    this.#messages++;
    const readings = this.#topics.take(device, payload, topic);
    const tick = this.#context.clock.tick();
    for (const { point } of readings) this.#silence.heard(point, tick);
    if (readings.length > 0) this.#queue.push(device, readings);
  }

  #takeUplink(topic: string, message: Buffer): void {
    this.#messages++;
    const heard = this.#network?.take(topic, message);
    if (heard === undefined) return;
    const tick = this.#context.clock.tick();
    // Such a device sends what it has to say, not each point each time: that it is heard is what counts.
    for (const { key } of this.#pointsOf.get(heard.device) ?? []) this.#silence.heard(key, tick);
    if (heard.readings.length > 0) this.#queue.push(heard.device, heard.readings);
  }

  #points(): Point[] {
    return [...this.#pointsOf.values()].flat();
  }

  /** From here on each point owes a reading a period that says so, the first after one period. */
  #goDown(): void {
    const since = this.#context.clock.tick();
    this.#outage = { silence: new Silence(this.#points(), since, () => 1), since };
    this.#awaitSilence();
  }

  #comeUp(): void {
    if (this.#outage === undefined) return;
    this.#silence.excuse(this.#context.clock.tick() - this.#outage.since);
    this.#outage = undefined;
    this.#awaitSilence();
  }

  /** One timer a link, for the earliest of all deadlines; a point that is heard meanwhile is simply not due yet. */
  #awaitSilence(): void {
    this.#cancelSilence();
    const next = (this.#outage?.silence ?? this.#silence).nextAt();
    if (next === undefined || this.#closing.signal.aborted) return;
    const { clock } = this.#context;
    this.#cancelSilence = clock.after(Math.max(next - clock.tick(), 1), () => {
      const isDown = this.#outage !== undefined || this.#medium?.broker.fault !== undefined;
      const code = isDown ? READING_CODES.linkDown : READING_CODES.noAnswer;
      for (const { device, key } of (this.#outage?.silence ?? this.#silence).takeDue(clock.tick())) {
        this.#queue.push(device, [{ point: key, value: null, quality: 'bad', code }]);
      }
      this.#awaitSilence();
    });
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
  const listen = parseListen(spec.options.listen ?? '');
  if (listen === undefined) {
    throw new Fault('no-listen', `link ${spec.id}: nobody says where its broker listens`, {
      hint: 'give site.yaml broker: { listen: "127.0.0.1:1883" }, or the link its own listen',
    });
  }
  const link = new MqttLink(spec, context);
  await link.startBroker(spec.options, listen);
  return link;
}
