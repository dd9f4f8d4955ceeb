import type { ProfileData } from '../../config/profile-tests.ts';
import type { SiteDevice } from '../../config/site.ts';
import { lookUp, parseJsonPath } from '../../drivers/json-path.ts';
import { parsePayload } from '../../drivers/json-payload.ts';
import { readCodec, readFields } from '../../drivers/mqtt/codec-payload.ts';
import type { Codec } from '../../drivers/mqtt/codecs/codec.ts';
import { CODECS, type CodecName } from '../../drivers/mqtt/codecs/index.ts';
import { readPayload } from '../../drivers/mqtt/device-payload.ts';
import { outcomeOf } from './reading-of.ts';
import type { Outcome, Trial } from './tried.ts';

const LISTEN = '127.0.0.1:0';

interface Profile {
  readonly readings?: string;
  readonly time?: string;
  readonly codec?: CodecName;
}

/** A payload through the driver's own readers, as if the device had published it, itself or through a network server. */
export const tryPayload: Trial = async (_driver, place, data) => {
  const bytes = bytesOf(data);
  if (bytes === undefined && data.network === undefined) return 'no payload is given: payload, or hex for a binary one';
  const own = { topic: 'trial', password: 'trial' };
  const isBinary = data.hex !== undefined || data.network !== undefined;
  const behind = { kind: 'mqtt', listen: LISTEN, server: { kind: 'chirpstack', password: 'trial' } };
  const link = isBinary
    ? await place(behind, { devEui: '0000000000000001' })
    : await place({ kind: 'mqtt', listen: LISTEN }, own);
  const [device] = link?.devices ?? [];
  if (device === undefined) return 'the device cannot be made';
  const { codec } = device.profile as Profile;
  if (codec !== undefined) return readBinary(device, CODECS[codec], bytes, data);
  return bytes === undefined ? 'no payload is given' : readJson(device, bytes);
};

function readJson(device: SiteDevice, bytes: Buffer): Outcome {
  const paths = new Map(device.points.map((point) => [point.id, pathOf((point.source as { json: string }).json)]));
  const points = device.points.map((point) => ({ point, path: paths.get(point.id) ?? [] }));
  const { time, readings } = device.profile as Profile;
  const list = readings === undefined ? undefined : pathOf(readings);
  const map = { points, list, time: time === undefined ? undefined : pathOf(time) };
  const json = parsePayload(bytes)?.json;
  const found = list === undefined ? json : lookUp(json, list);
  // Of a list the last element's raw values are shown, which is the latest where a device sends them in order.
  const shown: unknown = list !== undefined && Array.isArray(found) ? found.at(-1) : found;
  return outcomeOf(readPayload(map, bytes, false).readings, (id) => lookUp(shown, paths.get(id) ?? []));
}

function readBinary(device: SiteDevice, codec: Codec, bytes: Buffer | undefined, data: ProfileData): Outcome {
  const points = device.points.map((point) => ({ point, field: (point.source as { field?: string }).field ?? '' }));
  const isData = bytes !== undefined && (data.fPort ?? codec.fPort) === codec.fPort;
  const carried = isData ? readCodec(codec, points, bytes, { now: Date.now() }).readings : [];
  const fields = { ...(isData ? codec.decode(bytes)?.at(-1)?.fields : {}), ...data.network };
  const given: Readonly<Record<string, unknown>> = fields;
  const readings = [...carried, ...readFields(points, data.network ?? {})];
  return outcomeOf(readings, (id) => given[points.find(({ point }) => point.id === id)?.field ?? '']);
}

function pathOf(text: string) {
  const path = parseJsonPath(text);
  if (path === undefined) throw new TypeError('the schema lets no such path through');
  return path;
}

function bytesOf({ payload, hex }: ProfileData): Buffer | undefined {
  if (hex !== undefined) return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
  if (payload === undefined) return undefined;
  return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
}
