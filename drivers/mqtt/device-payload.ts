import { parseDeviceTime } from '../device-time.ts';
import { type JsonPath, lookUp } from '../json-path.ts';
import { parsePayload } from '../json-payload.ts';
import { type Point, qualify } from '../point.ts';
import { READING_CODES, type Reading } from '../reading.ts';

/** A reading before its batch is handed on. */
export type UntimedReading = Omit<Reading, 'at' | 'tick'>;

/** Where a device's points and its own time stand in its payloads. */
export interface PayloadMap {
  readonly points: readonly { readonly point: Point; readonly path: JsonPath }[];
  readonly time: JsonPath | undefined;
}

/** What a payload gave. `flaw` is for counters; the readings say it to the rules. */
export interface PayloadReadings {
  readonly readings: readonly UntimedReading[];
  readonly flaw?: 'payload' | 'no-points' | 'device-time';
}

/** Quality code of every point of a payload that is not JSON or is nested too deep. */
const PAYLOAD = 'payload';

const bad = (point: Point, code: string): UntimedReading => ({ point: point.key, value: null, quality: 'bad', code });

function readingOf(point: Point, found: unknown, deviceAt: number | undefined): UntimedReading {
  if (found === undefined) return bad(point, READING_CODES.noValue);
  if (typeof found === 'object' && found !== null) return bad(point, PAYLOAD);
  const raw = found as number | string | boolean | null;
  return { point: point.key, ...qualify(point, raw), ...(deviceAt === undefined ? {} : { deviceAt }) };
}

/**
 * Readings of one payload. On the device's own topic each point gets one, a bad one where nothing stands at its path;
 * below it (`partial`) only the points that the payload carries, since devices spread themselves over topics there.
 */
export function readPayload(map: PayloadMap, payload: Uint8Array, partial: boolean): PayloadReadings {
  const parsed = parsePayload(payload);
  if (parsed === undefined) {
    return { readings: partial ? [] : map.points.map(({ point }) => bad(point, PAYLOAD)), flaw: 'payload' };
  }
  const found = map.points.map(({ point, path }) => ({ point, value: lookUp(parsed.json, path) }));
  const carried = found.filter(({ value }) => value !== undefined);
  const time = map.time === undefined ? undefined : lookUp(parsed.json, map.time);
  const deviceAt = parseDeviceTime(time);
  const readings = (partial ? carried : found).map(({ point, value }) => readingOf(point, value, deviceAt));
  if (carried.length === 0) return { readings, flaw: 'no-points' };
  if (time !== undefined && deviceAt === undefined) return { readings, flaw: 'device-time' };
  return { readings };
}
