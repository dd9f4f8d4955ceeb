import { parseDeviceTime } from '../device-time.ts';
import { type Point, qualify } from '../point.ts';
import type { UntimedReading } from '../reading.ts';
import type { Codec, Fields } from './codecs/codec.ts';
import type { PayloadReadings } from './device-payload.ts';

/** A point and which of the codec's fields it is. */
export interface FieldPoint {
  readonly point: Point;
  readonly field: string;
}

/** A device's clock may be ahead by so much; what it says to have kept later than that is of no time. */
const AHEAD_MS = 5 * 60_000;

const bad = (point: Point): UntimedReading => ({ point: point.key, value: null, quality: 'bad', code: 'payload' });

/** Readings of those points whose field is there; the others have none. */
export function readFields(points: readonly FieldPoint[], fields: Fields, deviceAt?: number): UntimedReading[] {
  return points.flatMap(({ point, field }) => {
    const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (value === undefined) return [];
    return [{ point: point.key, ...qualify(point, value), ...(deviceAt === undefined ? {} : { deviceAt }) }];
  });
}

/**
 * Readings of a binary payload, kept samples first with their own times. Of a broken payload each point has a bad one,
 * since nobody knows which it meant to carry. `deviceAt` is the time of the payload itself, `now` the gateway's.
 */
export function readCodec(
  codec: Codec,
  points: readonly FieldPoint[],
  payload: Buffer | null,
  times: { readonly deviceAt?: number | undefined; readonly now: number },
): PayloadReadings {
  const samples = payload === null ? undefined : codec.decode(payload);
  if (samples === undefined) {
    const own = points.filter(({ field }) => Object.hasOwn(codec.fields, field));
    return { readings: own.map(({ point }) => bad(point)), flaw: 'payload' };
  }
  let flaw: PayloadReadings['flaw'];
  const readings = samples.flatMap(({ keptAt, fields }) => {
    if (keptAt === undefined) return readFields(points, fields, times.deviceAt);
    const deviceAt = parseDeviceTime(keptAt);
    if (deviceAt !== undefined && deviceAt <= times.now + AHEAD_MS) return readFields(points, fields, deviceAt);
    flaw = 'device-time';
    return [];
  });
  return flaw === undefined ? { readings } : { readings, flaw };
}
