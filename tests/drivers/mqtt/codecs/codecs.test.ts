import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Codec } from '../../../../drivers/mqtt/codecs/codec.ts';
import { CODEC_NAMES, CODECS, type CodecName } from '../../../../drivers/mqtt/codecs/index.ts';
import { encode } from '../../../../firmware-sim/lorawan/encode.ts';
import { VECTORS } from './vectors.ts';

const codecOf = (name: CodecName): Codec => CODECS[name];
const bytesOf = (hex: string) => Buffer.from(hex, 'hex');

/** The longer payload of later firmware, which is not simulated. */
const ONE_WAY = new Set(['0B45070800FF9C01']);

describe('payloads of the makers', () => {
  test.each(VECTORS)('$codec: $is', ({ codec, hex, fields, kept = {} }) => {
    const samples = codecOf(codec).decode(bytesOf(hex));
    const past = Object.entries(kept).map(([at, each]) => ({ keptAt: Number(at), fields: each }));
    expect(samples).toEqual([...past, { fields }]);
  });

  const isWhole = ({ hex, fields, kept }: (typeof VECTORS)[number]) =>
    Object.keys(fields).length > 0 && !Object.values(fields).includes(null) && kept === undefined && !ONE_WAY.has(hex);

  test.each(VECTORS.filter(isWhole))('$codec, the other way by the simulator: $is', ({ codec, hex, fields }) => {
    // No text stands in a device's bytes that another field does not say.
    const meant = Object.entries(fields).filter(([, value]) => typeof value === 'number');
    expect(encode(codec, Object.fromEntries(meant) as Record<string, number>).toString('hex')).toBe(hex.toLowerCase());
  });

  test.each(CODEC_NAMES)('%s has a vector, and gives no field that it does not name', (name) => {
    const own = VECTORS.filter(({ codec }) => codec === name);
    expect(own.length).toBeGreaterThan(0);
    const named = Object.keys(codecOf(name).fields);
    for (const { fields } of own) expect(named).toEqual(expect.arrayContaining(Object.keys(fields)));
  });
});

describe('what is broken gives nothing', () => {
  test.each<[string, CodecName, string]>([
    ['a value cut off', 'milesight-em310-tilt', '03CF000000002823'],
    ['a channel without its type', 'milesight-em310-tilt', '03CF0000000028230701'],
    ['a channel of another model', 'milesight-em310-tilt', '03D4000001005046'],
    ['a right channel before a wrong one', 'milesight-em500-swl', '03770200AABB'],
    ['an event that means nothing', 'milesight-gs101', 'FF3F09'],
    ['a wrong checksum', 'milesight-gs524n', '221E64001C41'],
    ['six right bytes and one more', 'milesight-gs524n', '221E64001C4000'],
    ['not a smoke sensor', 'milesight-gs524n', '222E64001C30'],
    ['nothing', 'milesight-gs524n', ''],
    ['another device type', 'netvox-ra02a', '010B019800000104000000'],
    ['a report that is unknown', 'netvox-ra02a', '010A029800000104000000'],
    ['a fire that is neither 0 nor 1', 'netvox-ra02a', '010A011E02000104000000'],
    ['ten bytes of eleven', 'netvox-ra02a', '010A0198000001040000'],
    ['six bytes', 'dragino-ldds75', '0B4507080000'],
  ])('%s: %s', (_, name, hex) => {
    expect(codecOf(name).decode(bytesOf(hex))).toBeUndefined();
  });

  test('a report of software carries no value and is not broken', () => {
    expect(codecOf('netvox-ra02a').decode(bytesOf('010A000C20170503000000'))).toEqual([]);
  });

  const channels = ['0175', '03cf', '03d4', '0382', '0400', '0367', '0482', '0500', '8367', '8482', '0377', '20ce'];
  const more = ['055b', '058e', '0601', '0701', '0890', 'ff3f', 'ff01', 'ff16', 'fffe'];
  const chunk = fc.oneof(
    fc.constantFrom(...channels, ...more).map(bytesOf),
    fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
  );
  const payload = fc.array(chunk, { maxLength: 12 }).map((chunks) => Buffer.concat(chunks));

  test.each(CODEC_NAMES)('%s throws at no bytes, and what it gives is finite and named', (name) => {
    const codec = codecOf(name);
    fc.assert(
      fc.property(payload, (bytes) => {
        for (const { fields } of codec.decode(bytes) ?? []) {
          for (const [field, value] of Object.entries(fields)) {
            expect(codec.fields[field]).toBeDefined();
            expect(typeof value === 'number' ? Number.isFinite(value) : true).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each(VECTORS)('$codec: no part of "$is" that ends too early is taken for more than it is', ({ codec, hex }) => {
    const whole = bytesOf(hex);
    const read = codecOf(codec).decode(whole) ?? [];
    for (let end = 1; end < whole.length; end++) {
      const part = codecOf(codec).decode(whole.subarray(0, end));
      // A payload of channels may end after any whole one; then what is there is as it was.
      const now = part?.filter(({ keptAt }) => keptAt === undefined) ?? [];
      for (const { fields } of now) expect(read.at(-1)?.fields ?? {}).toMatchObject(fields);
    }
  });
});
