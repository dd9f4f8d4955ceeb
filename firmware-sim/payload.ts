import type { Told } from './commands.ts';
import { reportedAt } from './physics/persona.ts';
import type { SimDevice } from './scenario.ts';

/** What a device publishes at an instant: the first payload of its profile's tests, if any, with its values in it. */
export function encodePayload(device: SimDevice, boot: number, at: number, told: Told = new Map()): Buffer {
  if (device.persona === 'nonsense') return Buffer.from('{"tilt": 1e999, "state": [}');
  if (device.persona === 'exception') return Buffer.from('{"error": "sensor"}');
  const example = device.profile?.tests.map((test) => test.at('payload').raw()).find(isRecord);
  const payload: Record<string, unknown> = structuredClone(example ?? {});
  for (const point of device.points) {
    put(payload, stepsOf(point.json ?? point.id), told.get(point.id) ?? reportedAt(device, point, boot, at));
  }
  const { profile } = device;
  if (profile?.time) put(payload, stepsOf(profile.time), new Date(at).toISOString());
  const bytes = Buffer.from(JSON.stringify(payload));
  if (device.persona === 'cut-off') return bytes.subarray(0, bytes.length >> 1);
  // The opening brace becomes a bracket.
  if (device.persona === 'corrupt') bytes[0] = (bytes[0] ?? 0) ^ 0x20;
  return bytes;
}

type Step = string | number;

/** `$.a.list[0]['odd key']`, or a plain key. */
function stepsOf(path: string): Step[] {
  if (!path.startsWith('$')) return [path];
  return [...path.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\['([^']*)'\]/g)].map(([, name, index, quoted]) =>
    index === undefined ? (name ?? quoted ?? '') : Number(index),
  );
}

function put(target: Record<string, unknown>, steps: readonly Step[], value: unknown): void {
  let inside: Record<Step, unknown> = target;
  steps.forEach((step, depth) => {
    const next = steps[depth + 1];
    if (next === undefined) {
      inside[step] = value;
      return;
    }
    if (!isRecord(inside[step])) inside[step] = typeof next === 'number' ? [] : {};
    inside = inside[step] as Record<Step, unknown>;
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
