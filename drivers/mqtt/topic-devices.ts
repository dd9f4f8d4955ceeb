import { parseJsonPath } from '../json-path.ts';
import type { UntimedReading } from '../reading.ts';
import { commandTopic } from './command.ts';
import { type PayloadMap, readPayload } from './device-payload.ts';
import type { MqttDevice } from './kind.ts';

/** Names of `status().counters` for what was wrong with a payload. */
const FLAWS = {
  payload: 'badPayloads',
  'no-points': 'noPoints',
  'device-time': 'badDeviceTimes',
  'too-many': 'longLists',
} as const;

const pathOf = (text: string) => {
  const path = parseJsonPath(text);
  if (path === undefined) throw new TypeError(`not a JSON path: ${text}`);
  return path;
};

const mapOf = ({ points, profile }: MqttDevice): PayloadMap => ({
  points: points.map((point) => ({ point, path: pathOf(point.source.json ?? '') })),
  time: profile.time === undefined ? undefined : pathOf(profile.time),
  list: profile.readings === undefined ? undefined : pathOf(profile.readings),
});

/** The devices of a link that publish by themselves, each on its own topic and below it: payloads → readings. */
export class TopicDevices {
  readonly counts = { badPayloads: 0, noPoints: 0, badDeviceTimes: 0, longLists: 0 };
  readonly #maps = new Map<string, { readonly topic: string; readonly map: PayloadMap }>();
  readonly #owners = new Map<string, string>();
  /** Where devices are told what to do: what is said there is no report. */
  readonly #commands = new Set<string>();

  constructor(devices: readonly MqttDevice[]) {
    for (const device of devices) {
      const { topic } = device.options;
      if (topic === undefined) continue;
      this.#maps.set(device.id, { topic, map: mapOf(device) });
      this.#owners.set(topic, device.id);
      for (const point of device.points) {
        const command = commandTopic(topic, point);
        if (command !== undefined) this.#commands.add(command);
      }
    }
  }

  /** What to subscribe to on another broker; `a/#` is `a` too (MQTT 3.1.1, 4.7.1.2). */
  get filters(): string[] {
    return [...this.#owners.keys()].map((topic) => `${topic}/#`);
  }

  /** Whose topic it is, or lies below. */
  ownerOf(topic: string): string | undefined {
    for (let end = topic.length; end > 0; end = topic.lastIndexOf('/', end - 1)) {
      const owner = this.#owners.get(topic.slice(0, end));
      if (owner !== undefined) return owner;
    }
    return undefined;
  }

  /** Sets of readings, each of one instant, in their order. */
  take(device: string, payload: Buffer, topic: string): readonly (readonly UntimedReading[])[] {
    const own = this.#maps.get(device);
    if (own === undefined || this.#commands.has(topic)) return [];
    const { sets, flaw } = readPayload(own.map, payload, topic !== own.topic);
    if (flaw !== undefined) this.counts[FLAWS[flaw]]++;
    return sets;
  }
}
