import { type Aggregate, leqOf, meanOf } from './aggregate.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { Dictionary } from './columns.ts';
import {
  commonDecimals,
  decodeNumbers,
  decodeWhole,
  encodeNumbers,
  encodeWhole,
  MOST_MANTISSA,
  powerOf,
} from './number-column.ts';
import { pack, unpack } from './packed.ts';

/** Mean and Leq are kept to so many decimals more than the readings have, and to a thousandth at least. */
const MORE_DECIMALS = 2;
const LEAST_DECIMALS = 3;
const MOST_DECIMALS = 9;

/** Rows of one point as columns, in their order. Mean and Leq are rounded (0.0005 of a reading to 0.1). */
export function encodeAggregates(rows: readonly Aggregate[], slotMs: number): Uint8Array {
  const states = new Dictionary();
  const state = rows.map((row) => (row.state === '' ? 0 : states.indexOf(row.state) + 1));
  const numbers = rows.filter(({ min }) => min !== null);
  const noise = numbers.filter(({ energy }) => energy !== null);
  const writer = new ByteWriter();
  writer.unsigned(rows.length);
  writer.texts(states.texts);
  encodeWhole(writer, state);
  encodeWhole(
    writer,
    rows.map(({ from }) => from / slotMs),
  );
  encodeWhole(
    writer,
    rows.map(({ count }) => count),
  );
  encodeWhole(
    writer,
    rows.map(({ count, good }) => count - good),
  );
  const offsets = (of: (row: Aggregate) => number | null) =>
    encodeWhole(
      writer,
      rows.flatMap((row) => of(row) ?? []),
    );
  offsets(({ badAt, from }) => badAt && badAt - from);
  offsets(({ minAt, from }) => minAt && minAt - from);
  offsets(({ maxAt, minAt }) => maxAt && maxAt - (minAt ?? maxAt));
  const extremes = Float64Array.from([...numbers.map(({ min }) => min ?? 0), ...numbers.map(({ max }) => max ?? 0)]);
  const decimals = commonDecimals(extremes);
  encodeNumbers(writer, extremes.subarray(0, numbers.length));
  encodeDifferences(
    writer,
    numbers,
    decimals,
    (row) => row.min ?? 0,
    (row) => row.max ?? 0,
  );
  const finer = decimals === undefined ? undefined : finerThan(decimals);
  encodeDifferences(
    writer,
    numbers,
    finer,
    (row) => row.min ?? 0,
    (row) => meanOf(row) ?? 0,
  );
  writer.unsigned(noise.length === numbers.length ? 1 : 0);
  if (noise.length === numbers.length) {
    encodeDifferences(
      writer,
      numbers,
      finer,
      (row) => meanOf(row) ?? 0,
      (row) => leqOf(row) ?? 0,
    );
  }
  return pack(writer.take());
}

const finerThan = (decimals: number): number =>
  Math.min(Math.max(decimals + MORE_DECIMALS, LEAST_DECIMALS), MOST_DECIMALS);

/** What numbers are more than their base, in whole steps of a decimal, so that what is equal costs nothing; as doubles where there are no decimals. */
function encodeDifferences(
  writer: ByteWriter,
  rows: readonly Aggregate[],
  decimals: number | undefined,
  baseOf: (row: Aggregate) => number,
  of: (row: Aggregate) => number,
): void {
  if (rows.length === 0) return;
  const power = powerOf(decimals ?? 0);
  const isWhole = decimals !== undefined && rows.every((row) => Math.abs(of(row) * power) < MOST_MANTISSA);
  writer.unsigned(isWhole ? decimals + 1 : 0);
  if (!isWhole) {
    for (const row of rows) writer.double(of(row));
    return;
  }
  encodeWhole(
    writer,
    rows.map((row) => Math.round(of(row) * power) - Math.round(baseOf(row) * power)),
  );
}

function decodeDifferences(reader: ByteReader, bases: Float64Array): Float64Array {
  if (bases.length === 0) return bases;
  const decimals = reader.unsigned() - 1;
  if (decimals < 0) return bases.map(() => reader.double());
  const power = powerOf(decimals);
  return decodeWhole(reader, bases.length).map((more, i) => (more + Math.round((bases[i] ?? 0) * power)) / power);
}

export function decodeAggregates(packed: Uint8Array, slotMs: number): Aggregate[] {
  const reader = new ByteReader(unpack(packed));
  const length = reader.unsigned();
  const states = reader.texts();
  const state = decodeWhole(reader, length);
  const slot = decodeWhole(reader, length);
  const count = decodeWhole(reader, length);
  const bad = decodeWhole(reader, length);
  const isNumber = state.map((index, i) => Number(index === 0 && (count[i] ?? 0) > (bad[i] ?? 0)));
  const isState = state.map((index) => Number(index > 0));
  const sum = (flags: Float64Array) => flags.reduce((total, flag) => total + flag, 0);
  const badAt = decodeWhole(reader, sum(bad.map((each) => Number(each > 0))));
  const minAt = decodeWhole(reader, sum(isNumber) + sum(isState));
  const maxAt = decodeWhole(reader, sum(isNumber));
  const min = decodeNumbers(reader, sum(isNumber));
  const max = decodeDifferences(reader, min);
  const mean = decodeDifferences(reader, min);
  const leq = reader.unsigned() === 1 ? decodeDifferences(reader, mean) : undefined;
  let [b, m, n] = [0, 0, 0];
  return Array.from(state, (index, i): Aggregate => {
    const from = (slot[i] ?? 0) * slotMs;
    const total = count[i] ?? 0;
    const good = total - (bad[i] ?? 0);
    const row = {
      from,
      state: index === 0 ? '' : (states[index - 1] ?? ''),
      count: total,
      good,
      badAt: good < total ? from + (badAt[b++] ?? 0) : null,
      min: null,
      minAt: null,
      max: null,
      maxAt: null,
      sum: 0,
      energy: leq === undefined ? null : 0,
    };
    if (index > 0) return { ...row, minAt: from + (minAt[m++] ?? 0) };
    if (good === 0) return row;
    const lowAt = from + (minAt[m++] ?? 0);
    const at = n++;
    return {
      ...row,
      min: min[at] ?? 0,
      minAt: lowAt,
      max: max[at] ?? 0,
      maxAt: lowAt + (maxAt[at] ?? 0),
      sum: (mean[at] ?? 0) * good,
      energy: leq === undefined ? null : good * 10 ** ((leq[at] ?? 0) / 10),
    };
  });
}
