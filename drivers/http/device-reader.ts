import { parseDeviceTime } from '../device-time.ts';
import { type JsonPath, lookUp, parseJsonPath } from '../json-path.ts';
import { type Point, qualify } from '../point.ts';
import type { UntimedReading } from '../reading.ts';
import { type BinaryPayload, parseBinaryPayload } from './binary-payload.ts';
import { identityOf } from './identity.ts';
import type { HttpDevice } from './kind.ts';

/** A state that a point of events is in from now on, for so long. */
export interface Held {
  readonly point: Point;
  readonly state: string;
  readonly deviceAt: number | undefined;
}

/** What one message says of one device. `flaw` is for counters. */
export interface MessageReadings {
  readonly readings: readonly UntimedReading[];
  /** Events of points that hold their states. */
  readonly held: readonly Held[];
  readonly flaw?: 'no-points' | 'device-time' | 'payload' | 'is-list';
}

/** A message in a push: the item, and the whole that it stands in. */
export interface Item {
  readonly tree: unknown;
  readonly whole: unknown;
}

const pathOf = (text: string): JsonPath => {
  const path = parseJsonPath(text);
  if (path === undefined) throw new TypeError(`not a JSON path: ${text}`);
  return path;
};

export const optionalPath = (text: string | undefined): JsonPath | undefined =>
  text === undefined ? undefined : pathOf(text);

/** What stands at a path in the item, else in the whole that it came in. */
export function lookUpEither({ tree, whole }: Item, path: JsonPath): unknown {
  const own = lookUp(tree, path);
  return own === undefined ? lookUp(whole, path) : own;
}

/** A text or a number that says who or what; undefined for anything else. */
export function idAt(item: Item, path: JsonPath): string | undefined {
  const found = lookUpEither(item, path);
  if (typeof found === 'number' && Number.isFinite(found)) return String(found);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

const NUMBER = /^[+-]?(\d{1,17}(\.\d{0,17})?|\.\d{1,17})([eE][+-]?\d{1,3})?$/;

/** XML has texts only, and clouds quote their numbers: a text that is wholly a number is one, where no states are meant. */
const rawOf = (point: Point, value: string | number | boolean | null): string | number | boolean | null =>
  point.states === undefined && typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : value;

interface Source {
  readonly point: Point;
  readonly path: JsonPath | undefined;
  /** Of the binary payload. */
  readonly field: string | undefined;
  readonly when: readonly { readonly path: JsonPath; readonly is: string }[];
  readonly holdMs: number | undefined;
}

/** How the messages of one device are read. */
export interface DeviceReader {
  readonly id: string;
  readonly identity: string;
  readonly each: JsonPath | undefined;
  readonly identityAt: JsonPath | undefined;
  readonly messageAt: JsonPath | undefined;
  readonly pictureAt: JsonPath | undefined;
  readonly points: readonly Point[];
  /** `now` is the gateway's time, UTC milliseconds. */
  read(item: Item, now: number): MessageReadings;
}

interface Binary extends BinaryPayload {
  readonly at: JsonPath;
}

/** A device's clock may be ahead by so much; what it says to have kept later than that is of no time. */
const AHEAD_MS = 300_000;

/** Compiles the paths of a device's profile, once. */
export function openReader(device: HttpDevice): DeviceReader {
  const { profile } = device;
  const timeAt = optionalPath(profile.time);
  const { payload, codec } = profile;
  const binary =
    payload === undefined || codec === undefined ? undefined : { ...payload, codec, at: pathOf(payload.at) };
  const sources = device.points.map((point): Source => {
    const { json, field, when = {}, holdFor } = point.source;
    const conditions = Object.entries(when).map(([path, is]) => ({ path: pathOf(path), is: String(is) }));
    return { point, path: optionalPath(json), field, when: conditions, holdMs: holdFor };
  });
  return {
    id: device.id,
    identity: identityOf(device),
    each: optionalPath(profile.each),
    identityAt: optionalPath(profile.identity),
    messageAt: optionalPath(profile.message),
    pictureAt: optionalPath(profile.picture),
    points: device.points,
    read(item, now) {
      const time = timeAt === undefined ? undefined : lookUpEither(item, timeAt);
      const deviceAt = parseDeviceTime(typeof time === 'string' && NUMBER.test(time) ? Number(time) : time);
      const named = readPaths(sources, item, deviceAt);
      const carried = binary === undefined ? [] : readBinary(binary, sources, item, deviceAt, now);
      const readings = [...named.readings, ...(carried ?? brokenFields(sources))];
      const { held } = named;
      if (carried === undefined) return { readings, held, flaw: 'payload' };
      const isNothing = readings.length === 0 && held.length === 0;
      // Nor does a list of events say nothing but that a camera lives.
      if (isNothing && Array.isArray(item.tree)) return { readings, held, flaw: 'is-list' };
      // A heartbeat carries no point of a camera's, and says that the camera lives.
      const isHeartbeat = sources.some(({ holdMs }) => holdMs !== undefined);
      if (isNothing && !isHeartbeat) return { readings, held, flaw: 'no-points' };
      if (time !== undefined && deviceAt === undefined) return { readings, held, flaw: 'device-time' };
      return { readings, held };
    },
  };
}

const timed = (reading: UntimedReading, deviceAt: number | undefined): UntimedReading =>
  deviceAt === undefined ? reading : { ...reading, deviceAt };

/** Whether a scalar is that text. What else stands there has no text: an object need not even be one that can be made into one. */
const stands = (found: unknown, is: string): boolean =>
  (typeof found === 'object' && found !== null ? undefined : String(found ?? '')) === is;

/** Points that stand in the message at their paths; those that it does not carry have no reading. */
function readPaths(
  sources: readonly Source[],
  item: Item,
  deviceAt: number | undefined,
): Pick<MessageReadings, 'readings' | 'held'> {
  const readings: UntimedReading[] = [];
  const held: Held[] = [];
  for (const { point, path, when, holdMs } of sources) {
    const isMeant = when.every((each) => stands(lookUp(item.tree, each.path), each.is));
    const value = isMeant && path !== undefined ? lookUp(item.tree, path) : undefined;
    if (value === undefined) continue;
    if (typeof value === 'object' && value !== null) {
      readings.push({ point: point.key, value: null, quality: 'bad', code: 'payload' });
      continue;
    }
    // Neither an object nor undefined: what JSON has beside them.
    const qualified = qualify(point, rawOf(point, value as string | number | boolean | null));
    if (holdMs === undefined) readings.push(timed({ point: point.key, ...qualified }, deviceAt));
    // An event of another kind is none of this point's: each knows its own by its states.
    else if (qualified.quality === 'good' && typeof qualified.value === 'string') {
      held.push({ point, state: qualified.value, deviceAt });
    }
  }
  return { readings, held };
}

/** Points that are fields of the binary payload; none where the message has no payload, undefined where it is broken. */
function readBinary(
  binary: Binary,
  sources: readonly Source[],
  item: Item,
  deviceAt: number | undefined,
  now: number,
): readonly UntimedReading[] | undefined {
  const text = lookUp(item.tree, binary.at);
  if (text === undefined) return [];
  return parseBinaryPayload(text, binary)?.flatMap(({ keptAt, fields }) => {
    const at = keptAt === undefined ? deviceAt : parseDeviceTime(keptAt);
    if (keptAt !== undefined && (at === undefined || at > now + AHEAD_MS)) return [];
    return sources.flatMap(({ point, field }) => {
      const value = field !== undefined && Object.hasOwn(fields, field) ? fields[field] : undefined;
      return value === undefined ? [] : [timed({ point: point.key, ...qualify(point, value) }, at)];
    });
  });
}

const brokenFields = (sources: readonly Source[]): UntimedReading[] =>
  sources
    .filter(({ field }) => field !== undefined)
    .map(({ point }) => ({ point: point.key, value: null, quality: 'bad', code: 'payload' }));
