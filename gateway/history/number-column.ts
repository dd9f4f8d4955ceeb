import type { ByteReader, ByteWriter } from './bytes.ts';

/** More decimals than this are no measurement but arithmetic: such numbers are kept as doubles. */
const MOST_DECIMALS = 9;
/** Whole numbers stay below this, so that their differences are exact. */
export const MOST_MANTISSA = 2 ** 50;
const MOST_DISTINCT = 64;
const POWERS = Float64Array.from({ length: MOST_DECIMALS + 1 }, (_, decimals) => 10 ** decimals);

const CONSTANT = 0;
const DELTAS = 1;
const DECIMAL = 1;
const DICTIONARY = 2;
const DOUBLES = 3;

/** Ten to the power of `decimals`, up to 9. */
export const powerOf = (decimals: number): number => POWERS[decimals] ?? 10 ** decimals;

/** The fewest decimals, from `least` on, with which a number is itself again; undefined when it is no decimal number. */
export function decimalsOf(value: number, least = 0): number | undefined {
  for (let decimals = least; decimals <= MOST_DECIMALS; decimals++) {
    const power = powerOf(decimals);
    const mantissa = Math.round(value * power);
    if (Math.abs(mantissa) > MOST_MANTISSA) return undefined;
    if (mantissa / power === value) return decimals;
  }
  return undefined;
}

/** The decimals that all of them need; undefined where one is no decimal number. */
export function commonDecimals(values: ArrayLike<number>, least = 0): number | undefined {
  let decimals: number | undefined = least;
  for (let i = 0; i < values.length && decimals !== undefined; i++) decimals = decimalsOf(values[i] ?? 0, decimals);
  return decimals;
}

/** Whole numbers, each as its difference to the one before. How many there are is not written. */
export function encodeWhole(writer: ByteWriter, values: ArrayLike<number>): void {
  const first = values[0];
  if (first === undefined) return;
  let isConstant = true;
  for (let i = 1; i < values.length && isConstant; i++) isConstant = values[i] === first;
  writer.unsigned(isConstant ? CONSTANT : DELTAS);
  writer.signed(first);
  if (isConstant) return;
  let before = first;
  for (let i = 1; i < values.length; i++) {
    const value = values[i] ?? 0;
    writer.signed(value - before);
    before = value;
  }
}

export function decodeWhole(reader: ByteReader, count: number): Float64Array {
  const values = new Float64Array(count);
  if (count === 0) return values;
  const isConstant = reader.unsigned() === CONSTANT;
  let value = reader.signed();
  values[0] = value;
  if (isConstant) return values.fill(value);
  for (let i = 1; i < count; i++) {
    value += reader.signed();
    values[i] = value;
  }
  return values;
}

/**
 * Numbers, each of which comes back as it was (-0 as 0): as whole numbers of their common decimals where they are
 * measured ones, as indices where they are few, else as doubles. How many there are is not written.
 */
export function encodeNumbers(writer: ByteWriter, values: Float64Array): void {
  if (values.length === 0) return;
  const decimals = commonDecimals(values);
  if (decimals !== undefined) {
    const power = powerOf(decimals);
    writer.unsigned(DECIMAL);
    writer.unsigned(decimals);
    encodeWhole(
      writer,
      values.map((value) => Math.round(value * power)),
    );
    return;
  }
  const distinct = new Map<number, number>();
  for (const value of values) {
    if (!distinct.has(value)) distinct.set(value, distinct.size);
    if (distinct.size > MOST_DISTINCT) break;
  }
  if (distinct.size > MOST_DISTINCT) {
    writer.unsigned(DOUBLES);
    for (const value of values) writer.double(value);
    return;
  }
  writer.unsigned(DICTIONARY);
  writer.unsigned(distinct.size);
  for (const value of distinct.keys()) writer.double(value);
  encodeWhole(
    writer,
    values.map((value) => distinct.get(value) ?? 0),
  );
}

export function decodeNumbers(reader: ByteReader, count: number): Float64Array {
  if (count === 0) return new Float64Array(0);
  const way = reader.unsigned();
  if (way === DECIMAL) {
    const power = powerOf(reader.unsigned());
    return decodeWhole(reader, count).map((mantissa) => mantissa / power);
  }
  if (way === DOUBLES) return Float64Array.from({ length: count }, () => reader.double());
  const distinct = Float64Array.from({ length: reader.unsigned() }, () => reader.double());
  return decodeWhole(reader, count).map((index) => distinct[index] ?? 0);
}

/** Numbers of many points: each by itself as mantissa and decimals, or as a double. Before them stands nothing of how many there are. */
export function encodeMixed(writer: ByteWriter, values: Float64Array): void {
  const decimals = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) decimals[i] = decimalsOf(values[i] ?? 0) ?? MOST_DECIMALS + 1;
  encodeWhole(writer, decimals);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    const places = decimals[i] ?? 0;
    if (places > MOST_DECIMALS) writer.double(value);
    else writer.signed(Math.round(value * powerOf(places)));
  }
}

export function decodeMixed(reader: ByteReader, count: number): Float64Array {
  return decodeWhole(reader, count).map((places) =>
    places > MOST_DECIMALS ? reader.double() : reader.signed() / powerOf(places),
  );
}
