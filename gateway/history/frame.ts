import { ByteReader, ByteWriter } from './bytes.ts';
import { BYTES_A_READING, type Columns, columnsOf } from './columns.ts';
import { decodeMixed, decodeWhole, encodeMixed, encodeWhole } from './number-column.ts';

/** Beside the bits of `Columns.kind`: the device's own time is there. */
export const HAS_DEVICE_TIME = 32;

/** Readings of any points in their order, whose `point` is the number in the store. */
export interface Frame {
  readonly buffer: ArrayBuffer;
  readonly texts: readonly string[];
}

/** A frame as bytes, column by column. Times are whole milliseconds. */
export function encodeFrame({ buffer, texts }: Frame): Uint8Array {
  const { at, tick, point, kind, code, value, deviceAt } = columnsOf(buffer);
  const writer = new ByteWriter();
  writer.unsigned(at.length);
  writer.texts(texts);
  const ticks = tick.map(Math.round);
  encodeWhole(writer, ticks);
  encodeWhole(
    writer,
    at.map((ms, i) => Math.round(ms) - (ticks[i] ?? 0)),
  );
  encodeWhole(writer, point);
  encodeWhole(
    writer,
    kind.map((bits, i) => (Number.isNaN(deviceAt[i]) ? bits : bits | HAS_DEVICE_TIME)),
  );
  encodeWhole(writer, code);
  encodeMixed(writer, value);
  deviceAt.forEach((ms, i) => {
    if (!Number.isNaN(ms)) writer.signed(Math.round(at[i] ?? 0) - Math.round(ms));
  });
  return writer.take();
}

export function decodeFrame(bytes: Uint8Array): Frame {
  const reader = new ByteReader(bytes);
  const count = reader.unsigned();
  const texts = reader.texts();
  const buffer = new ArrayBuffer(count * BYTES_A_READING);
  const columns: Columns = columnsOf(buffer);
  columns.tick.set(decodeWhole(reader, count));
  columns.at.set(decodeWhole(reader, count).map((offset, i) => offset + (columns.tick[i] ?? 0)));
  columns.point.set(decodeWhole(reader, count));
  columns.kind.set(decodeWhole(reader, count));
  columns.code.set(decodeWhole(reader, count));
  columns.value.set(decodeMixed(reader, count));
  columns.kind.forEach((bits, i) => {
    const hasTime = (bits & HAS_DEVICE_TIME) !== 0;
    columns.deviceAt[i] = hasTime ? (columns.at[i] ?? 0) - reader.signed() : Number.NaN;
    columns.kind[i] = bits & ~HAS_DEVICE_TIME;
  });
  return { buffer, texts };
}
