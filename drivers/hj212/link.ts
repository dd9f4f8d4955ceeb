import { isEqual } from '#kit/equal.ts';
import { Fault } from '#kit/fault.ts';
import type { DeviceStatus, LinkContext, LinkStatus, OpenLink, Overheard } from '../driver.ts';
import { FairQueue } from '../fair-queue.ts';
import { parseListen } from '../listen.ts';
import type { DeviceClock } from '../network-time.ts';
import type { Point } from '../point.ts';
import { READING_CODES, type Reading, type UntimedReading } from '../reading.ts';
import { Silence } from '../silence.ts';
import type { ConnectionCounts } from './connection.ts';
import { Desk } from './desk.ts';
import { noStreamCounts } from './frame-stream.ts';
import type { Hj212Device, Hj212LinkSpec } from './kind.ts';
import { openListening } from './listening.ts';
import type { Medium } from './medium.ts';
import { openSerialLine } from './serial-line.ts';

/** Uploads of one instrument that wait for the rules; its oldest go first. */
const WAITING_A_DEVICE = 256;
/** Where nobody says which zone the instruments' times are of. */
const STANDARD_ZONE = 'Asia/Shanghai';

class Hj212Link implements OpenLink {
  readonly #context: LinkContext;
  #devices: readonly Hj212Device[];
  readonly #queue: FairQueue<readonly UntimedReading[]>;
  readonly #silence: Silence;
  readonly #desk: Desk;
  readonly #counts: ConnectionCounts = { ...noStreamCounts(), idle: 0, stuck: 0, babble: 0 };
  readonly #medium: Medium;
  readonly #closing = new AbortController();
  #cancelSilence = () => {};

  constructor({ options, devices }: Hj212LinkSpec, context: LinkContext) {
    this.#context = context;
    this.#devices = devices;
    this.#queue = new FairQueue(
      devices.map(({ id }) => id),
      WAITING_A_DEVICE,
    );
    this.#silence = new Silence(pointsOf(devices), context.clock.tick());
    const { timeZone = STANDARD_ZONE, mode, idle: idleMs, maxConnections } = options;
    this.#desk = new Desk(devices, { ...options, timeZone }, context, (device, readings) =>
      this.#take(device, readings),
    );
    const listen = options.listen === undefined ? undefined : parseListen(options.listen);
    if (listen !== undefined) {
      const listening = { ...listen, mode, idleMs, maxConnections };
      this.#medium = openListening(listening, context, this.#counts, this.#desk);
    } else if (options.port !== undefined) {
      this.#medium = openSerialLine({ ...options, port: options.port }, context, this.#counts, this.#desk);
    } else {
      throw new Fault('no-medium', 'a link of kind hj212 needs either listen or port');
    }
    this.#awaitSilence();
  }

  async *readings(signal: AbortSignal): AsyncGenerator<readonly Reading[]> {
    const { clock } = this.#context;
    for await (const uploads of this.#queue.batches(AbortSignal.any([signal, this.#closing.signal]))) {
      // What waited may have been of instruments that are gone.
      if (uploads.length === 0) continue;
      const at = clock.now();
      const tick = clock.tick();
      yield uploads.flatMap((readings) => readings.map((reading) => ({ ...reading, at, tick })));
    }
  }

  change(devices: readonly Hj212Device[]): () => void {
    const before = new Map(this.#devices.map((device) => [device.id, device]));
    const equal = devices.filter((device) => isEqual(before.get(device.id), device));
    return () => {
      // What waits of others is not told any more.
      this.#queue.change(equal.map(({ id }) => id));
      this.#queue.change(devices.map(({ id }) => id));
      const tick = this.#context.clock.tick();
      this.#silence.change(pointsOf(equal), tick);
      this.#silence.change(pointsOf(devices), tick);
      this.#desk.change(devices);
      this.#devices = devices;
      this.#cancelSilence();
      this.#awaitSilence();
    };
  }

  status(): LinkStatus {
    const { fault } = this.#medium;
    const hint = fault?.hint === undefined ? '' : ` (${fault.hint})`;
    const { counts, unknown } = this.#desk;
    return {
      state: fault === undefined ? 'up' : 'down',
      ...(fault === undefined ? {} : { error: `${fault.message}${hint}` }),
      counters: {
        ...this.#counts,
        ...counts,
        ...this.#medium.counters(),
        dropped: this.#queue.dropped,
      },
      devices: Object.fromEntries(this.#devices.map((device) => [device.id, this.#answers(device)])),
      unknown: unknown.list(),
    };
  }

  deviceClocks(): readonly DeviceClock[] {
    return this.#desk.deviceClocks();
  }

  tap(listener: (heard: Overheard) => void): () => void {
    return this.#desk.ears.tap(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#cancelSilence();
    this.#desk[Symbol.dispose]();
    await this.#medium[Symbol.asyncDispose]();
  }

  #answers(device: Hj212Device): DeviceStatus {
    const { isConnected, refused, clock } = this.#desk.standingOf(device);
    const states = device.points.map(({ key }) => this.#silence.stateOf(key));
    if (refused === 'here' || (refused === 'elsewhere' && !states.includes('heard'))) {
      return { answers: false, code: 'wrong-password' };
    }
    if (states.includes('heard') || (isConnected && !states.includes('silent'))) {
      return { answers: true, ...(clock && { code: 'clock-off', clock }) };
    }
    return { answers: false, code: isConnected ? READING_CODES.noAnswer : 'not-connected' };
  }

  #take(device: string, readings: readonly UntimedReading[]): void {
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
      const code = this.#medium.fault === undefined ? READING_CODES.noAnswer : READING_CODES.linkDown;
      for (const { device, key } of this.#silence.takeDue(clock.tick())) {
        this.#queue.push(device, [{ point: key, value: null, quality: 'bad', code }]);
      }
      this.#awaitSilence();
    });
  }
}

const pointsOf = (devices: readonly Hj212Device[]): Point[] => devices.flatMap((device) => device.points);

/** Opens a link of HJ 212 instruments. A port that cannot be had is the link's state, and tried again for ever. */
export async function openHj212Link(spec: Hj212LinkSpec, context: LinkContext): Promise<OpenLink> {
  return new Hj212Link(spec, context);
}
