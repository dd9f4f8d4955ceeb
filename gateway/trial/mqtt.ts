import type { ProfileData } from '../../config/profile-tests.ts';
import type { SitePoint } from '../../config/site.ts';
import { lookUp, parseJsonPath } from '../../drivers/json-path.ts';
import { parsePayload } from '../../drivers/json-payload.ts';
import { readPayload } from '../../drivers/mqtt/device-payload.ts';
import type { Trial } from './tried.ts';

/** A payload through the driver's own reader, as if the device had published it on its topic. */
export const tryPayload: Trial = async (_driver, place, data) => {
  const bytes = bytesOf(data);
  if (bytes === undefined) return 'no payload is given: payload, or hex for a binary one';
  const link = await place({ kind: 'mqtt', listen: '127.0.0.1:0' }, { topic: 'trial', password: 'trial' });
  const [device] = link?.devices ?? [];
  if (device === undefined) return 'the device cannot be made';
  const time = (device.profile as { readonly time?: string }).time;
  const points = device.points.map((point) => ({ point, path: pathOf(point) }));
  const map = { points, time: time === undefined ? undefined : parseJsonPath(time) };
  const { readings } = readPayload(map, bytes, false);
  const json = parsePayload(bytes)?.json;
  return new Map(
    readings.map(({ point: key, value, quality, code }, index) => {
      const found = points[index]?.path;
      const raw = found === undefined ? undefined : lookUp(json, found);
      const said = raw === undefined ? '' : JSON.stringify(raw);
      return [idOf(key), { raw: said, value, quality, ...(code === undefined ? {} : { code }) }];
    }),
  );
};

const idOf = (key: string): string => key.slice(key.indexOf('/') + 1);

function pathOf({ source }: SitePoint) {
  const path = parseJsonPath((source as { readonly json: string }).json);
  if (path === undefined) throw new TypeError('the schema lets no such path through');
  return path;
}

function bytesOf({ payload, hex }: ProfileData): Buffer | undefined {
  if (hex !== undefined) return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
  if (payload === undefined) return undefined;
  return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
}
