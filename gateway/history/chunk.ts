import { ByteReader, ByteWriter } from './bytes.ts';
import { type Columns, Dictionary, isNumber, isText } from './columns.ts';
import { HAS_DEVICE_TIME } from './frame.ts';
import { decodeNumbers, decodeWhole, encodeNumbers, encodeWhole } from './number-column.ts';
import { pack, unpack } from './packed.ts';

/**
 * In which order the readings of a segment were kept, and when: what its chunks leave out. Times stand once for all
 * points, so that a device with ten points pays for one.
 */
export interface Order {
  readonly at: Float64Array;
  readonly tick: Float64Array;
  /** The point's number. */
  readonly point: Float64Array;
}

export function encodeOrder({ at, tick, point }: Pick<Columns, 'at' | 'tick' | 'point'>): Uint8Array {
  const writer = new ByteWriter();
  encodeWhole(writer, tick);
  encodeWhole(
    writer,
    at.map((ms, i) => ms - (tick[i] ?? 0)),
  );
  encodeWhole(writer, point);
  return pack(writer.take());
}

export function decodeOrder(packed: Uint8Array, count: number): Order {
  const reader = new ByteReader(unpack(packed));
  const tick = decodeWhole(reader, count);
  const at = decodeWhole(reader, count);
  for (let i = 0; i < count; i++) at[i] = (at[i] ?? 0) + (tick[i] ?? 0);
  return { at, tick, point: decodeWhole(reader, count) };
}

/** What was read of one point in one segment, but for the times. */
export interface Chunk {
  /** As in `Columns`. */
  readonly kind: Uint8Array;
  readonly value: Float64Array;
  readonly code: Uint32Array;
  /** The reading's `at` less the device's own time; NaN where there is none. */
  readonly deviceAge: Float64Array;
  readonly texts: readonly string[];
}

/** The chunk of the readings at these indices, all of one point. */
export function encodeChunk(columns: Columns, texts: readonly string[], indices: Uint32Array): Uint8Array {
  const used = new Dictionary();
  const kinds = new Uint8Array(indices.length);
  const codes = new Uint32Array(indices.length);
  const numbers = new Float64Array(indices.length);
  const states: number[] = [];
  const ages: number[] = [];
  let numberCount = 0;
  indices.forEach((index, i) => {
    const bits = columns.kind[index] ?? 0;
    const value = columns.value[index] ?? 0;
    const code = columns.code[index] ?? 0;
    const deviceAt = columns.deviceAt[index] ?? Number.NaN;
    if (isNumber(bits)) numbers[numberCount++] = value;
    else if (isText(bits)) states.push(used.indexOf(texts[value] ?? ''));
    codes[i] = code === 0 ? 0 : used.indexOf(texts[code - 1] ?? '') + 1;
    kinds[i] = Number.isNaN(deviceAt) ? bits : bits | HAS_DEVICE_TIME;
    if (!Number.isNaN(deviceAt)) ages.push((columns.at[index] ?? 0) - deviceAt);
  });
  const writer = new ByteWriter();
  writer.unsigned(indices.length);
  writer.texts(used.texts);
  encodeWhole(writer, kinds);
  encodeWhole(writer, codes);
  encodeNumbers(writer, numbers.subarray(0, numberCount));
  encodeWhole(writer, states);
  encodeWhole(writer, ages);
  return pack(writer.take());
}

export function decodeChunk(packed: Uint8Array): Chunk {
  const reader = new ByteReader(unpack(packed));
  const count = reader.unsigned();
  const texts = reader.texts();
  const kind = Uint8Array.from(decodeWhole(reader, count));
  const code = Uint32Array.from(decodeWhole(reader, count));
  const countOf = (is: (bits: number) => boolean) => kind.reduce((sum, bits) => sum + Number(is(bits)), 0);
  const numbers = decodeNumbers(reader, countOf(isNumber));
  const states = decodeWhole(reader, countOf(isText));
  const ages = decodeWhole(
    reader,
    countOf((bits) => (bits & HAS_DEVICE_TIME) !== 0),
  );
  const value = new Float64Array(count);
  const deviceAge = new Float64Array(count).fill(Number.NaN);
  let [number, state, age] = [0, 0, 0];
  kind.forEach((bits, i) => {
    if (isNumber(bits)) value[i] = numbers[number++] ?? 0;
    else if (isText(bits)) value[i] = states[state++] ?? 0;
    if ((bits & HAS_DEVICE_TIME) !== 0) deviceAge[i] = ages[age++] ?? Number.NaN;
    kind[i] = bits & ~HAS_DEVICE_TIME;
  });
  return { kind, value, code, deviceAge, texts };
}
