import { parseJsonPath } from '../json-path.ts';
import type { UntimedReading } from '../reading.ts';
import { commandTopic } from './command.ts';
import { type PayloadMap, readPayload } from './device-payload.ts';
import type { MqttDevice } from './kind.ts';
import { isWithin, ownerOf } from './topic.ts';

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

interface TopicDevice {
  readonly device: MqttDevice;
  readonly topic: string;
  readonly map: PayloadMap;
}

/** The devices of a link that publish by themselves, each on its own topic and below it: payloads → readings. */
export class TopicDevices {
  readonly counts = { badPayloads: 0, noPoints: 0, badDeviceTimes: 0, longLists: 0 };
  #devices: ReadonlyMap<string, TopicDevice> = new Map();
  #owners: ReadonlyMap<string, string> = new Map();
  /** Where devices are told what to do: what is said there is no report. */
  #commands: ReadonlySet<string> = new Set();

  constructor(devices: readonly MqttDevice[]) {
    this.change(devices);
  }

  /** From now on these are the devices. */
  change(devices: readonly MqttDevice[]): void {
    const mine = devices.flatMap((device): TopicDevice[] => {
      const { topic } = device.options;
      if (topic === undefined) return [];
      const before = this.#devices.get(device.id);
      return [before?.device === device ? before : { device, topic, map: mapOf(device) }];
    });
    this.#devices = new Map(mine.map((each) => [each.device.id, each]));
    this.#owners = new Map(mine.map(({ device, topic }) => [topic, device.id]));
    this.#commands = new Set(
      mine.flatMap(({ device, topic }) => device.points.flatMap((point) => commandTopic(topic, point) ?? [])),
    );
  }

  /** What to subscribe to on another broker; `a/#` is `a` too (MQTT 3.1.1, 4.7.1.2). */
  get filters(): string[] {
    return [...this.#owners.keys()].map((topic) => `${topic}/#`);
  }

  /** Whose topic it is, or lies below. */
  ownerOf(topic: string): string | undefined {
    return ownerOf(this.#owners, topic);
  }

  /** Sets of readings, each of one instant, in their order; none of what is not the device's topic, or not any more. */
  take(device: string, payload: Buffer, topic: string): readonly (readonly UntimedReading[])[] {
    const own = this.#devices.get(device);
    if (own === undefined || !isWithin(topic, own.topic) || this.#commands.has(topic)) return [];
    const { sets, flaw } = readPayload(own.map, payload, topic !== own.topic);
    if (flaw !== undefined) this.counts[FLAWS[flaw]]++;
    return sets;
  }
}
