import { Fault } from '#kit/fault.ts';
import type { LinkContext, LinkStatus, OpenLink } from '../driver.ts';
import { FairQueue } from '../fair-queue.ts';
import { parseJsonPath } from '../json-path.ts';
import { parseListen } from '../listen.ts';
import type { Point } from '../point.ts';
import { READING_CODES, type Reading } from '../reading.ts';
import { Silence } from '../silence.ts';
import { type Broker, openBroker } from './broker.ts';
import { type PayloadMap, readPayload, type UntimedReading } from './device-payload.ts';
import type { MqttDevice, MqttLinkSpec } from './kind.ts';

/** Messages of one device that wait for the rules; its oldest go first. */
const WAITING_A_DEVICE = 256;

/** Names of `status().counters` for what was wrong with a payload. */
const FLAWS = { payload: 'badPayloads', 'no-points': 'noPoints', 'device-time': 'badDeviceTimes' } as const;

const pathOf = (text: string) => {
  const path = parseJsonPath(text);
  if (path === undefined) throw new TypeError(`not a JSON path: ${text}`);
  return path;
};

const mapOf = ({ points, profile }: MqttDevice): PayloadMap => ({
  points: points.map((point) => ({ point, path: pathOf(point.source.json) })),
  time: profile.time === undefined ? undefined : pathOf(profile.time),
});

const userOf = ({ id, options }: MqttDevice) => ({
  id,
  topic: options.topic,
  username: options.username ?? id,
  password: options.password,
});

class MqttLink implements OpenLink {
  readonly #context: LinkContext;
  readonly #devices: readonly MqttDevice[];
  readonly #maps: ReadonlyMap<string, PayloadMap>;
  readonly #queue: FairQueue<readonly UntimedReading[]>;
  readonly #silence: Silence;
  readonly #closing = new AbortController();
  readonly #counts = { messages: 0, badPayloads: 0, noPoints: 0, badDeviceTimes: 0 };
  #broker: Broker | undefined;
  #cancelSilence = () => {};

  constructor(devices: readonly MqttDevice[], context: LinkContext) {
    this.#context = context;
    this.#devices = devices;
    this.#maps = new Map(devices.map((device) => [device.id, mapOf(device)]));
    this.#queue = new FairQueue(
      devices.map(({ id }) => id),
      WAITING_A_DEVICE,
    );
    const points: Point[] = devices.flatMap((device) => device.points);
    this.#silence = new Silence(points, context.clock.tick());
  }

  async start(options: MqttLinkSpec['options'], listen: { host: string; port: number }): Promise<void> {
    const { maxConnections, maxPacketBytes } = options;
    this.#broker = await openBroker(
      { ...listen, maxConnections, maxPacketBytes },
      this.#devices.map(userOf),
      this.#context,
      (device, payload, isOwnTopic) => this.#take(device, payload, isOwnTopic),
    );
    this.#awaitSilence();
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
    const fault = this.#broker?.fault;
    const hint = fault?.hint === undefined ? '' : ` (${fault.hint})`;
    return {
      state: fault === undefined ? 'up' : 'down',
      ...(fault === undefined ? {} : { error: `${fault.message}${hint}` }),
      counters: { ...this.#counts, dropped: this.#queue.dropped, ...this.#broker?.counters() },
      devices: Object.fromEntries(this.#devices.map((device) => [device.id, this.#answers(device)])),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#cancelSilence();
    await this.#broker?.[Symbol.asyncDispose]();
  }

  #answers(device: MqttDevice): { answers: boolean; code?: string } {
    const states = device.points.map(({ key }) => this.#silence.stateOf(key));
    const isConnected = this.#broker?.isConnected(device.id) ?? false;
    if (states.includes('heard') || (isConnected && !states.includes('silent'))) return { answers: true };
    if (isConnected) return { answers: false, code: READING_CODES.noAnswer };
    return { answers: false, code: this.#broker?.isRefused(device.id) ? 'wrong-password' : 'not-connected' };
  }

  #take(device: string, payload: Buffer, isOwnTopic: boolean): void {
    const map = this.#maps.get(device);
    if (map === undefined) return;
    this.#counts.messages++;
    const { readings, flaw } = readPayload(map, payload, !isOwnTopic);
    if (flaw !== undefined) this.#counts[FLAWS[flaw]]++;
    if (readings.length === 0) return;
    const tick = this.#context.clock.tick();
    for (const { point } of readings) this.#silence.heard(point, tick);
    this.#queue.push(device, readings);
  }

  /** One timer a link, for the earliest of all deadlines; a point that is heard meanwhile is simply not due yet. */
  #awaitSilence(): void {
    const next = this.#silence.nextAt();
    if (next === undefined || this.#closing.signal.aborted) return;
    const { clock } = this.#context;
    this.#cancelSilence = clock.after(Math.max(next - clock.tick(), 1), () => {
      const code = this.#broker?.fault === undefined ? READING_CODES.noAnswer : READING_CODES.linkDown;
      for (const { device, key } of this.#silence.takeDue(clock.tick())) {
        this.#queue.push(device, [{ point: key, value: null, quality: 'bad', code }]);
      }
      this.#awaitSilence();
    });
  }
}

/** Opens the broker for a link's devices. Fails only if nobody says where to listen. */
export async function openMqttLink(spec: MqttLinkSpec, context: LinkContext): Promise<OpenLink> {
  const listen = parseListen(spec.options.listen ?? '');
  if (listen === undefined) {
    throw new Fault('no-listen', `link ${spec.id}: nobody says where its broker listens`, {
      hint: 'give site.yaml broker: { listen: "127.0.0.1:1883" }, or the link its own listen',
    });
  }
  const link = new MqttLink(spec.devices, context);
  await link.start(spec.options, listen);
  return link;
}
