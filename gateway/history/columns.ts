import type { Quality, Reading } from '../../drivers/reading.ts';

/** Readings as columns: what crosses between threads. */
export interface Columns {
  /** UTC milliseconds. */
  readonly at: Float64Array;
  readonly tick: Float64Array;
  /** The number; for a state the index of its name in the texts. */
  readonly value: Float64Array;
  /** NaN where there is none. */
  readonly deviceAt: Float64Array;
  /** The index of the point's key; in the store, its number there. */
  readonly point: Uint32Array;
  /** The index of the code in the texts, and one; 0 where there is none. */
  readonly code: Uint32Array;
  /** Quality, four times the kind of value, and 16 where it is late. */
  readonly kind: Uint8Array;
}

export interface Packed {
  readonly buffer: ArrayBuffer;
  /** The points' keys that `point` counts in. */
  readonly points: readonly string[];
  /** Of each, whether its values are levels in decibels. */
  readonly noise: readonly boolean[];
  readonly texts: readonly string[];
}

/** Four columns of 8 bytes, two of 4, one of 1. */
export const BYTES_A_READING = 41;

const QUALITIES: readonly Quality[] = ['good', 'uncertain', 'bad'];
const NONE = 0;
const NUMBER = 1;
const TEXT = 2;
const LATE = 16;

export function columnsOf(buffer: ArrayBuffer): Columns {
  const count = buffer.byteLength / BYTES_A_READING;
  return {
    at: new Float64Array(buffer, 0, count),
    tick: new Float64Array(buffer, 8 * count, count),
    value: new Float64Array(buffer, 16 * count, count),
    deviceAt: new Float64Array(buffer, 24 * count, count),
    point: new Uint32Array(buffer, 32 * count, count),
    code: new Uint32Array(buffer, 36 * count, count),
    kind: new Uint8Array(buffer, 40 * count, count),
  };
}

/** Gives each text one index, in the order in which they come. */
export class Dictionary {
  readonly #indices = new Map<string, number>();

  indexOf(text: string): number {
    const known = this.#indices.get(text);
    if (known !== undefined) return known;
    this.#indices.set(text, this.#indices.size);
    return this.#indices.size - 1;
  }

  get texts(): string[] {
    return [...this.#indices.keys()];
  }
}

export function packReadings(readings: readonly Reading[], isNoise: (point: string) => boolean = () => false): Packed {
  const buffer = new ArrayBuffer(readings.length * BYTES_A_READING);
  const columns = columnsOf(buffer);
  const points = new Dictionary();
  const texts = new Dictionary();
  readings.forEach((reading, index) => {
    const { value } = reading;
    const kind = value === null ? NONE : typeof value === 'number' ? NUMBER : TEXT;
    columns.at[index] = reading.at;
    columns.tick[index] = reading.tick;
    columns.value[index] = typeof value === 'string' ? texts.indexOf(value) : (value ?? 0);
    columns.deviceAt[index] = reading.deviceAt ?? Number.NaN;
    columns.point[index] = points.indexOf(reading.point);
    columns.code[index] = reading.code === undefined ? 0 : texts.indexOf(reading.code) + 1;
    columns.kind[index] = QUALITIES.indexOf(reading.quality) + 4 * kind + (reading.late ? LATE : 0);
  });
  return { buffer, points: points.texts, noise: points.texts.map(isNoise), texts: texts.texts };
}

/** Value and quality that a kind, a number and the texts say. */
export function readValue(kind: number, number: number, texts: readonly string[]) {
  const sort = (kind >> 2) & 3;
  return {
    value: sort === NUMBER ? number : sort === TEXT ? (texts[number] ?? null) : null,
    quality: QUALITIES[kind & 3] ?? 'bad',
  };
}

export const isNumber = (kind: number): boolean => ((kind >> 2) & 3) === NUMBER;
export const isText = (kind: number): boolean => ((kind >> 2) & 3) === TEXT;
/** Whether it came too late for the rules. */
export const isLate = (kind: number): boolean => (kind & LATE) !== 0;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A reading from what stands in columns; `deviceAt` NaN and `code` undefined where there are none. */
export function readingOf(
  point: string,
  kind: number,
  number: number,
  texts: readonly string[],
  at: number,
  tick: number,
  code: string | undefined,
  deviceAt: number,
): Reading {
  // Filled in one by one: a million of them pass at a start.
  const { value, quality } = readValue(kind, number, texts);
  const reading: Writable<Reading> = { point, value, quality, at, tick };
  if (code !== undefined) reading.code = code;
  if (!Number.isNaN(deviceAt)) reading.deviceAt = deviceAt;
  if (isLate(kind)) reading.late = true;
  return reading;
}

/** The readings of the points that `keyOf` knows, in their order. */
export function unpackReadings(
  buffer: ArrayBuffer,
  texts: readonly string[],
  keyOf: (point: number) => string | undefined,
): Reading[] {
  const { at, tick, value, deviceAt, point, code, kind } = columnsOf(buffer);
  const readings: Reading[] = [];
  for (let i = 0; i < at.length; i++) {
    const key = keyOf(point[i] ?? 0);
    if (key === undefined) continue;
    const why = texts[(code[i] ?? 0) - 1];
    readings.push(
      readingOf(key, kind[i] ?? 0, value[i] ?? 0, texts, at[i] ?? 0, tick[i] ?? 0, why, deviceAt[i] ?? Number.NaN),
    );
  }
  return readings;
}
