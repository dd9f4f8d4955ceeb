import type { SimProfilePoint } from './profiles.ts';
import type { SimDevice, SimPoint } from './scenario.ts';

/** What a device was told over MQTT, by point. */
export type Told = Map<string, number | string>;

/** Where a device waits to be told what to do: the topics of its points that can be written. */
export const commandTopics = (device: SimDevice): readonly string[] => [
  ...new Set(device.points.flatMap((point) => topicOf(device, point) ?? [])),
];

/** What a message on a topic tells a device to be; nothing where it does not understand it. */
export function parseCommand(
  device: SimDevice,
  topic: string,
  payload: Buffer,
): [point: string, value: number | string][] {
  const said = jsonOf(payload.toString());
  return device.points.flatMap((point) => {
    if (topicOf(device, point) !== topic || point.model?.write == null) return [];
    const value = valueIn(point.model, said);
    return value === undefined ? [] : [[point.id, value]];
  });
}

const topicOf = ({ topic }: SimDevice, { model }: SimPoint): string | undefined =>
  model?.write == null || topic === null ? undefined : model.write.topic.split('{topic}').join(topic);

/** A text that is no JSON is the text itself. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function valueIn({ write, states }: SimProfilePoint, said: unknown): number | string | undefined {
  if (write === null) return undefined;
  const named = Object.keys(write.payloads).find((state) => isEqual(write.payloads[state], said));
  if (named !== undefined) return named;
  const found = findValue(write.payload, said);
  const isState = Object.keys(states).length > 0;
  if (isState) return typeof found === 'string' && Object.hasOwn(states, found) ? found : undefined;
  return typeof found === 'number' ? found : undefined;
}

/** What stands where a payload has `{value}`. */
function findValue(template: unknown, said: unknown): unknown {
  if (template === '{value}') return said;
  if (typeof template !== 'object' || template === null || typeof said !== 'object' || said === null) return undefined;
  for (const [key, inside] of Object.entries(template)) {
    const found = findValue(inside, (said as Readonly<Record<string, unknown>>)[key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const keys = Object.keys(a);
  const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  return keys.length === Object.keys(b).length && keys.every((key) => isEqual(left[key], right[key]));
}
