import { parseDeviceTime } from '../device-time.ts';
import { type JsonPath, lookUp } from '../json-path.ts';
import { parsePayload } from '../json-payload.ts';
import { type Point, qualify } from '../point.ts';
import { READING_CODES, type UntimedReading } from '../reading.ts';

/** Where a device's points and its own time stand in its payloads. */
export interface PayloadMap {
  readonly points: readonly { readonly point: Point; readonly path: JsonPath }[];
  readonly time: JsonPath | undefined;
  /** Where a list stands whose elements the other paths are from; undefined if a payload is one set of readings. */
  readonly list?: JsonPath | undefined;
}

/** What a payload gave. `flaw` is for counters; the readings say it to the rules. */
export interface PayloadReadings {
  readonly readings: readonly UntimedReading[];
  readonly flaw?: 'payload' | 'no-points' | 'device-time' | 'too-many';
}

/** Readings of a payload by the instant that each set of them is of, in order of time. */
export interface PayloadSets extends PayloadReadings {
  readonly sets: readonly (readonly UntimedReading[])[];
}

/** Elements of one payload's list; of more, the latest are taken. */
const MOST_ELEMENTS = 1000;

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
 * Of a list each element is a set of its own, with its own time; elements without one keep to the one before them.
 */
export function readPayload(map: PayloadMap, payload: Uint8Array, partial: boolean): PayloadSets {
  const parsed = parsePayload(payload);
  const elements = parsed === undefined ? undefined : elementsOf(map, parsed.json);
  if (elements === undefined) {
    // Below its own topic a device may say other things than readings.
    const isOther = parsed !== undefined && partial;
    const readings = partial ? [] : map.points.map(({ point }) => bad(point, PAYLOAD));
    return { readings, sets: readings.length > 0 ? [readings] : [], flaw: isOther ? 'no-points' : 'payload' };
  }
  const read = elements.map((element) => readElement(map, element, partial));
  const sets = inOrder(read).filter((set) => set.length > 0);
  const latest = sets.slice(-MOST_ELEMENTS);
  const flaw = sets.length > latest.length ? 'too-many' : read.find((each) => each.flaw !== undefined)?.flaw;
  const hasNone = read.every((each) => each.flaw === 'no-points');
  return { readings: latest.flat(), sets: latest, ...(hasNone ? { flaw: 'no-points' } : flaw && { flaw }) };
}

/** What the points' paths are from; undefined if there should be a list and is none. A lone element may stand for it. */
function elementsOf({ list }: PayloadMap, json: unknown): readonly unknown[] | undefined {
  if (list === undefined) return [json];
  const found = lookUp(json, list);
  if (Array.isArray(found)) return found;
  return typeof found === 'object' && found !== null ? [found] : undefined;
}

interface ReadElement extends PayloadReadings {
  readonly deviceAt: number | undefined;
}

function readElement(map: PayloadMap, element: unknown, partial: boolean): ReadElement {
  const found = map.points.map(({ point, path }) => ({ point, value: lookUp(element, path) }));
  const carried = found.filter(({ value }) => value !== undefined);
  const time = map.time === undefined ? undefined : lookUp(element, map.time);
  const deviceAt = parseDeviceTime(time);
  const readings = (partial ? carried : found).map(({ point, value }) => readingOf(point, value, deviceAt));
  if (carried.length === 0) return { readings, deviceAt, flaw: 'no-points' };
  return { readings, deviceAt, ...(time !== undefined && deviceAt === undefined && { flaw: 'device-time' as const }) };
}

function inOrder(elements: readonly ReadElement[]): (readonly UntimedReading[])[] {
  let last = Number.NEGATIVE_INFINITY;
  const placed = elements.map(({ readings, deviceAt }) => {
    last = deviceAt ?? last;
    return { readings, at: last };
  });
  // Sorting keeps the order of what is of one time; two infinities have no difference.
  return placed.sort((a, b) => (a.at === b.at ? 0 : a.at - b.at)).map(({ readings }) => readings);
}
