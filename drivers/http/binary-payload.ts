import type { Fields } from '../mqtt/codecs/codec.ts';
import { CODECS, type CodecName } from '../mqtt/codecs/index.ts';
import { parseNbiotEm400 } from './nbiot-em400.ts';

/** The longest payload of a device, in bytes: an NB-IoT message is at most 1,600. */
const MOST_BYTES = 4096;

export interface BinaryPayload {
  readonly encoding: 'hex' | 'base64';
  /** What stands around the codec's bytes. */
  readonly wrapper?: 'em400-nbiot' | undefined;
  readonly codec: CodecName;
}

/** A payload's fields at one time. */
export interface TimedFields {
  /** The device's own time of values that it kept, seconds since 1970. */
  readonly keptAt?: number | undefined;
  readonly fields: Fields;
}

/** Fields that a wrapper gives beside those of the codec, with their units. */
export const WRAPPER_FIELDS = { 'em400-nbiot': { signal: 'dBm' } } as const;

const ENCODINGS = {
  hex: /^(?:[0-9a-f]{2})*$/i,
  base64: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
} as const;

function parseBytes(text: unknown, encoding: BinaryPayload['encoding']): Buffer | undefined {
  if (typeof text !== 'string' || text.length > 2 * MOST_BYTES || !ENCODINGS[encoding].test(text)) return undefined;
  return Buffer.from(text, encoding);
}

/** The fields of a payload that stands in a message as text; undefined if it is broken anywhere. */
export function parseBinaryPayload(
  text: unknown,
  { encoding, wrapper, codec }: BinaryPayload,
): readonly TimedFields[] | undefined {
  const bytes = parseBytes(text, encoding);
  if (bytes === undefined) return undefined;
  if (wrapper === undefined) return CODECS[codec].decode(bytes);
  const envelope = parseNbiotEm400(bytes);
  const samples = envelope === undefined ? undefined : CODECS[codec].decode(envelope.payload);
  if (envelope === undefined || samples === undefined) return undefined;
  const last = samples.length - 1;
  return samples.map((sample, index) =>
    index < last ? sample : { ...sample, fields: { ...sample.fields, signal: envelope.signal ?? null } },
  );
}
