import { openClock } from '#kit/clock.ts';
import type { SiteDevice } from '../../config/site.ts';
import { openReader } from '../../drivers/http/device-reader.ts';
import { HeldStates } from '../../drivers/http/held-states.ts';
import type { HttpDevice } from '../../drivers/http/kind.ts';
import { parseBody } from '../../drivers/http/parse-body.ts';
import { lookUp, parseJsonPath } from '../../drivers/json-path.ts';
import { outcomeOf } from './reading-of.ts';
import type { Trial } from './tried.ts';

/** A message through the driver's own readers, as if a cloud or a camera had pushed it. */
export const tryBody: Trial = async (_driver, place, { body }) => {
  if (body === undefined) return 'no body is given';
  const link = await place({ kind: 'http', listen: '127.0.0.1:0', local: true }, {});
  const [device] = link?.devices ?? [];
  if (device === undefined) return 'the device cannot be made';
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const message = parseBody(undefined, Buffer.from(text));
  if (typeof message === 'string') return `the body cannot be read: ${message}`;
  const reader = openReader(httpDeviceOf(device));
  const clock = openClock();
  using held = new HeldStates(
    httpDeviceOf(device).points,
    clock,
    () => {},
    () => {},
  );
  const listed = reader.each === undefined ? undefined : lookUp(message.tree, reader.each);
  const items = Array.isArray(listed) ? listed : [message.tree];
  const readings = items.flatMap((tree) => {
    const given = reader.read({ tree, whole: message.tree }, clock.now());
    return [...given.readings, ...held.take(reader.points, given.held)];
  });
  return outcomeOf(readings, (id) => {
    const source = device.points.find((point) => point.id === id)?.source as { readonly json?: string } | undefined;
    const path = source?.json === undefined ? undefined : parseJsonPath(source.json);
    return path === undefined ? undefined : lookUp(items.at(-1), path);
  });
};

/** The driver's own schemas made its fields. */
const httpDeviceOf = (device: SiteDevice): HttpDevice => device as unknown as HttpDevice;
