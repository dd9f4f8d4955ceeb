import type { ProfileData } from '../../config/profile-tests.ts';
import { lookUp, parseJsonPath } from '../../drivers/json-path.ts';
import { parsePayload } from '../../drivers/json-payload.ts';
import { readCodec, readFields } from '../../drivers/mqtt/codec-payload.ts';
import type { Codec } from '../../drivers/mqtt/codecs/codec.ts';
import { CODECS, type CodecName } from '../../drivers/mqtt/codecs/index.ts';
import { readPayload, type UntimedReading } from '../../drivers/mqtt/device-payload.ts';
import type { MqttDevice } from '../../drivers/mqtt/kind.ts';
import type { Outcome, PlaceDevice, Trial } from './tried.ts';

/** A payload through the driver's own reader, as if the device had published it, or its network server for it. */
export const tryPayload: Trial = async (_driver, place, data) => {
  const bytes = bytesOf(data);
  if (bytes === undefined) return 'no payload is given: payload, or hex for a binary one';
  const device = await placeDevice(place, data);
  if (device === undefined) return 'the device cannot be made';
  const { codec } = device.profile;
  return codec === undefined ? readJson(device, bytes) : readBinary(device, codec, bytes, data);
};

async function placeDevice(place: PlaceDevice, { hex }: ProfileData): Promise<MqttDevice | undefined> {
  const own = await place({ kind: 'mqtt', listen: '127.0.0.1:0' }, { topic: 'trial', password: 'trial' });
  const behind = { kind: 'mqtt', url: 'mqtt://127.0.0.1', server: 'chirpstack' };
  const link = own === undefined && hex !== undefined ? await place(behind, { devEui: '0000000000000000' }) : own;
  // The driver's own schemas made its options, profile and sources.
  return link?.devices[0] as MqttDevice | undefined;
}

function readJson({ profile, points: all }: MqttDevice, bytes: Buffer): Outcome {
  const points = all.map((point) => ({ point, path: pathOf(point.source.json) }));
  const map = { points, time: profile.time === undefined ? undefined : parseJsonPath(profile.time) };
  const { readings } = readPayload(map, bytes, false);
  const json = parsePayload(bytes)?.json;
  const raw = new Map(points.map(({ point, path }) => [point.key, JSON.stringify(lookUp(json, path)) ?? '']));
  return outcomeOf(readings, raw);
}

function readBinary({ points: all }: MqttDevice, name: CodecName, bytes: Buffer, data: ProfileData): Outcome {
  const codec: Codec = CODECS[name];
  const { fPort = codec.fPort, network = {} } = data;
  const points = all.map((point) => ({ point, field: point.source.field ?? '' }));
  const own =
    fPort === codec.fPort || codec.fPort === undefined
      ? readCodec(codec, points, bytes, { now: Date.now() })
      : { readings: [] };
  const fields = { ...codec.decode(bytes)?.at(-1)?.fields, ...network };
  const raw = new Map(points.map(({ point, field }) => [point.key, String(fields[field] ?? '')]));
  return outcomeOf([...own.readings, ...readFields(points, network)], raw);
}

function outcomeOf(readings: readonly UntimedReading[], raw: ReadonlyMap<string, string>): Outcome {
  return new Map(
    readings.map(({ point, value, quality, code }) => [
      point.slice(point.indexOf('/') + 1),
      { raw: raw.get(point) ?? '', value, quality, ...(code === undefined ? {} : { code }) },
    ]),
  );
}

function pathOf(text: string | undefined) {
  const path = parseJsonPath(text ?? '');
  if (path === undefined) throw new TypeError('the schema lets no such path through');
  return path;
}

function bytesOf({ payload, hex }: ProfileData): Buffer | undefined {
  if (hex !== undefined) return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
  if (payload === undefined) return undefined;
  return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
}
