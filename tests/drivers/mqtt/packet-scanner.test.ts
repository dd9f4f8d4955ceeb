import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketScanner } from '../../../drivers/mqtt/packet-scanner.ts';

const limits = { beforeConnect: 64, afterConnect: 1000 };

/** A packet of a type byte and a body, with its remaining length encoded. */
function packet(type: number, body: number): number[] {
  const header = [type];
  let rest = body;
  do {
    header.push((rest % 128) | (rest > 127 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return [...header, ...new Array<number>(body).fill(0xff)];
}

const connect = packet(0x10, 20);

test.each([
  ['CONNECT', connect, undefined],
  [
    'CONNECT and what follows it',
    [...connect, ...packet(0x30, 500), ...packet(0xc0, 0), ...packet(0x30, 997)],
    undefined,
  ],
  ['the largest CONNECT', packet(0x10, 62), undefined],
  ['a CONNECT that is too large', packet(0x10, 63), 'too-large'],
  ['a packet that is too large', [...connect, ...packet(0x30, 998)], 'too-large'],
  ['256 MB announced, none sent', [...connect, 0x30, 0xff, 0xff, 0xff, 0x7f], 'too-large'],
  ['256 MB announced before CONNECT', [0x10, 0xff, 0xff, 0xff, 0x7f], 'too-large'],
  ['PUBLISH first', packet(0x30, 5), 'not-connect'],
  ['CONNECT with flags', packet(0x11, 5), 'not-connect'],
  ['HTTP', [...Buffer.from('GET / HTTP/1.1\r\n')], 'not-connect'],
  ['a length without an end', [...connect, 0x30, 0x80, 0x80, 0x80, 0x80], 'malformed'],
])('%s', (_, bytes, breach) => {
  expect(new PacketScanner(limits).scan(Uint8Array.from(bytes))).toBe(breach);
});

test('however a stream is cut into chunks, the answer is the same', () => {
  const bodies = fc.array(fc.integer({ min: 0, max: 1200 }), { maxLength: 6 });
  fc.assert(
    fc.property(bodies, fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (sizes, cuts) => {
      const stream = Uint8Array.from([...connect, ...sizes.flatMap((size) => packet(0x32, size))]);
      const scanner = new PacketScanner(limits);
      let found: string | undefined;
      for (let at = 0, cut = 0; at < stream.length && found === undefined; cut++) {
        const length = cuts[cut % cuts.length] ?? 1;
        found = scanner.scan(stream.subarray(at, at + length));
        at += length;
      }
      const tooLarge = sizes.some((size) => size + (size > 127 ? 3 : 2) > limits.afterConnect);
      expect(found).toBe(tooLarge ? 'too-large' : undefined);
    }),
    { numRuns: 200 },
  );
});
