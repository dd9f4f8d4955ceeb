import { openReader, type UntimedReading } from '../../drivers/http/device-reader.ts';
import type { HttpDevice } from '../../drivers/http/kind.ts';
import { parseBody } from '../../drivers/http/parse-body.ts';
import { lookUp, parseJsonPath } from '../../drivers/json-path.ts';
import type { Trial, Tried } from './tried.ts';

/** A pushed body through the driver's own reader, as if it were the device's, whatever it calls itself. */
export const tryBody: Trial = async (_driver, place, { body }) => {
  if (body === undefined) return 'no body is given: JSON, or XML as text';
  const message = parseBody(undefined, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  if (typeof message === 'string') return 'the body is neither JSON nor XML that is read';
  const link = await place({ kind: 'http', listen: '127.0.0.1:0', local: true }, {});
  // The driver's own schemas made its options and sources.
  const [device] = (link?.devices ?? []) as unknown as readonly HttpDevice[];
  if (device === undefined) return 'the device cannot be made';
  const reader = openReader(device);
  const list = reader.each === undefined ? [message.tree] : lookUp(message.tree, reader.each);
  const outcome = new Map<string, Tried>();
  for (const tree of Array.isArray(list) ? list : []) {
    const { readings, held } = reader.read({ tree, whole: message.tree }, Date.now());
    for (const { id, key, source } of device.points) {
      const path = source.json === undefined ? undefined : parseJsonPath(source.json);
      const raw = JSON.stringify(path === undefined ? undefined : lookUp(tree, path)) ?? '';
      const reading = readings.find((each) => each.point === key);
      // A point of events has a state with every message.
      const event = held.find(({ point }) => point.key === key);
      const state = source.holdFor === undefined ? undefined : (event?.state ?? source.rest);
      if (reading !== undefined) outcome.set(id, triedOf(reading, raw));
      else if (state !== undefined) outcome.set(id, { raw, value: state, quality: 'good' });
    }
  }
  return outcome;
};

const triedOf = ({ value, quality, code }: UntimedReading, raw: string): Tried => ({
  raw,
  value,
  quality,
  ...(code === undefined ? {} : { code }),
});
