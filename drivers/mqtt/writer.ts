import type { Clock } from '#kit/clock.ts';
import { isEqual, isSameValue } from '#kit/equal.ts';
import type { Written } from '../driver.ts';
import { READING_CODES, type UntimedReading } from '../reading.ts';
import { planCommand } from './command.ts';
import type { MqttDevice } from './kind.ts';

/** Codes of writes, beside those of readings. */
export const WRITE_CODES = {
  notWritable: 'not-writable',
  /** The device is not there: nothing was published, for a command that waits is one for a world that is gone. */
  notConnected: 'not-connected',
  /** It is there, and has not asked for its commands. */
  notSubscribed: 'not-subscribed',
  /** The broker did not take it. */
  refused: 'refused',
  differs: 'read-back-differs',
  queueFull: 'queue-full',
  aborted: 'aborted',
} as const;

/** Publishes with QoS 1, not retained; a code where it did not get to the device's connection, or its broker. Never rejects. */
export type Publish = (device: string, topic: string, payload: Buffer) => Promise<string | undefined>;

interface Pending {
  readonly value: number | string;
  /** What the device has reported of it since. */
  seen: number | string | undefined;
  end(written: Written): void;
}

interface Writable {
  readonly device: string;
  readonly topic: string;
  readonly point: MqttDevice['points'][number];
}

/** So many writes of one link are under way at a time; the next one is refused. */
const MOST_PENDING = 16;

/** Writes points of devices that publish by themselves: a command is done when the device's own report says so. */
export class Writer {
  readonly counts = { writes: 0, writesFailed: 0 };
  #points: ReadonlyMap<string, Writable> = new Map();
  readonly #publish: Publish;
  readonly #wire: Pick<Clock, 'after'>;
  /** By point: a later write of the same ends the one before it. */
  readonly #pending = new Map<string, Pending>();
  /** What was reported last, by point that can be written. */
  readonly #reported = new Map<string, number | string>();

  constructor(devices: readonly MqttDevice[], publish: Publish, wire: Pick<Clock, 'after'>) {
    this.#publish = publish;
    this.#wire = wire;
    this.change(devices);
  }

  /** From now on these are the devices: writes of points that are gone or otherwise end. */
  change(devices: readonly MqttDevice[]): void {
    const before = this.#points;
    this.#points = new Map(devices.flatMap(writablesOf));
    for (const [key, was] of before) {
      const now = this.#points.get(key);
      if (now?.topic === was.topic && isEqual(now.point, was.point)) continue;
      this.#reported.delete(key);
      this.#pending.get(key)?.end({ done: false, code: READING_CODES.linkDown });
    }
  }

  async write(key: string, value: number | string, signal: AbortSignal | undefined): Promise<Written> {
    const found = this.#points.get(key);
    if (found === undefined) return { done: false, code: WRITE_CODES.notWritable };
    const { device, topic, point } = found;
    const command = planCommand(topic, point, value);
    if (typeof command === 'string') return { done: false, code: command };
    if (signal?.aborted) return { done: false, code: WRITE_CODES.aborted };
    this.#pending.get(key)?.end({ done: false, code: WRITE_CODES.aborted });
    if (this.#pending.size >= MOST_PENDING) return { done: false, code: WRITE_CODES.queueFull };

    this.counts.writes++;
    const { promise, resolve } = Promise.withResolvers<Written>();
    const abort = () => pending.end({ done: false, code: WRITE_CODES.aborted });
    const pending: Pending = {
      value,
      seen: undefined,
      end: (written) => {
        cancel();
        signal?.removeEventListener('abort', abort);
        if (this.#pending.get(key) === pending) this.#pending.delete(key);
        resolve(written);
      },
    };
    const cancel = this.#wire.after(command.withinMs, () => pending.end(outcomeOf(pending)));
    signal?.addEventListener('abort', abort);
    this.#pending.set(key, pending);
    // Its report may be here before the broker's word that it has the command.
    void this.#publish(device, command.topic, command.payload).then((refused) => {
      const last = this.#reported.get(key);
      if (refused !== undefined) pending.end({ done: false, code: refused });
      else if (command.reports === 'changes' && last !== undefined && isSameValue(value, last)) {
        // It has nothing to report.
        pending.end({ done: true, readBack: last });
      }
    });
    const written = await promise;
    if (!written.done) this.counts.writesFailed++;
    return written;
  }

  /** What the rules have had: only then is a report of before it out of the way. */
  saw(readings: readonly UntimedReading[]): void {
    if (this.#points.size === 0) return;
    for (const { point, value, quality } of readings) {
      if (!this.#points.has(point)) continue;
      if (quality === 'bad' || value === null) {
        this.#reported.delete(point);
        continue;
      }
      this.#reported.set(point, value);
      const pending = this.#pending.get(point);
      if (pending === undefined) continue;
      pending.seen = value;
      if (isSameValue(pending.value, value)) pending.end({ done: true, readBack: value });
    }
  }

  /** The broker is away. */
  endAll(code: string): void {
    for (const pending of [...this.#pending.values()]) pending.end({ done: false, code });
  }
}

/** A device may report how it was before it has done what it was told: what counts is its last word in time. */
const outcomeOf = ({ seen }: Pending): Written =>
  seen === undefined
    ? { done: false, code: READING_CODES.noAnswer }
    : { done: false, code: WRITE_CODES.differs, readBack: seen };

const writablesOf = ({ id, options: { topic }, points }: MqttDevice): [string, Writable][] =>
  points.flatMap((point) =>
    topic === undefined || point.source.write === undefined ? [] : [[point.key, { device: id, topic, point }]],
  );
