import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DialInReader } from '../../../drivers/modbus/dial-in-reader.ts';
import { parsePacket, showPacket } from '../../../drivers/modbus/packet.ts';
import { makeRequest } from '../../../drivers/modbus/pdu.ts';
import { right, rtuSeal } from './fake-bus.ts';
import { hex } from './vectors.ts';

const asked = { unit: 1, code: 3, address: 7, count: 2, transaction: 0 };
const reply = right(rtuSeal, asked);
const REPLY = '1 030400070008';
const beat = Buffer.from('www.usr.cn');

function read(packets: readonly Buffer[], chunks: readonly Buffer[]): string[] {
  const reader = new DialInReader(packets);
  const seen: string[] = [];
  reader.reset(makeRequest(1, 'holding', 7, 2));
  for (const chunk of chunks) {
    reader.push(chunk, {
      frame: (unit, pdu, rest) =>
        seen.push(`${unit} ${Buffer.from(pdu).toString('hex')}${rest > 0 ? ` +${rest}` : ''}`),
      spoilt: (how) => seen.push(how),
    });
  }
  return seen;
}

describe('heartbeats among frames', () => {
  const [head, tail] = [reply.subarray(0, 4), reply.subarray(4)];
  test.each<[string, Buffer[], string[]]>([
    ['none', [reply], [REPLY]],
    ['alone', [beat], []],
    ['before the reply', [beat, reply], [REPLY]],
    ['before the reply, in one piece', [Buffer.concat([beat, reply])], [REPLY]],
    ['after the reply, in one piece: nothing is glued to the reply', [Buffer.concat([reply, beat])], [REPLY]],
    ['within the reply', [head, beat, tail], [REPLY]],
    ['within the reply, in one piece', [Buffer.concat([head, beat, tail])], [REPLY]],
    ['twice within the reply', [head, beat, beat, tail], [REPLY]],
    ['cut in two, before the reply', [beat.subarray(0, 4), beat.subarray(4), reply], [REPLY]],
    ['cut in two, within the reply', [head, beat.subarray(0, 4), beat.subarray(4), tail], [REPLY]],
    ['before a spoilt reply', [beat, Buffer.concat([head, hex('FF'), tail])], ['crc']],
    ['that is another', [Buffer.from('hello')], ['nonsense']],
  ])('%s', (_, chunks, expected) => {
    expect(read([beat], chunks)).toEqual(expected);
  });

  test.each<[string, string]>([
    ['the unit address', '01'],
    ['the beginning of a reply', '0103'],
    ['a byte of the data', '00'],
    ['some bytes of the data', '0007'],
    ['a whole reply but for its end', '0103040007'],
  ])('a heartbeat that looks like %s', (_, text) => {
    const like = hex(text);
    expect(read([like], [reply])).toEqual([REPLY]);
    expect(
      read(
        [like],
        [...reply].map((byte) => Buffer.of(byte)),
      ),
    ).toEqual([REPLY]);
    expect(read([like], [like, reply])).toEqual([REPLY]);
    expect(read([like], [reply.subarray(0, 6), like, reply.subarray(6)])).toEqual([REPLY]);
  });

  test('wherever one stands and however the bytes are cut, the reply is the same', () => {
    fc.assert(
      fc.property(fc.nat({ max: reply.length }), fc.array(fc.nat({ max: 18 }), { maxLength: 6 }), (at, places) => {
        const bytes = Buffer.concat([reply.subarray(0, at), beat, reply.subarray(at)]);
        const ends = [...new Set(places)].sort((a, b) => a - b);
        const chunks = [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        expect(read([beat], chunks).map((text) => text.replace(/ \+\d+$/, ''))).toEqual([REPLY]);
      }),
    );
  });

  test('what is no frame is not held for ever', () => {
    const reader = new DialInReader([beat]);
    let spoilt = 0;
    for (let i = 0; i < 1000; i++) {
      reader.push(Buffer.alloc(100, i), { frame: () => {}, spoilt: () => spoilt++ });
      expect(reader.unfinished).toBeLessThanOrEqual(1024);
    }
    expect(spoilt).toBe(1);
  });
});

test.each([
  ['IMEI860123', 'IMEI860123'],
  ['hex:FE 01', 'hex:fe01'],
  ['hex:fe01', 'hex:fe01'],
  ['hex:414243', 'ABC'],
])('the packet %s is shown as %s', (text, shown) => {
  expect(showPacket(parsePacket(text) ?? Buffer.alloc(0))).toBe(shown);
});

test.each(['', 'hex:', 'hex:f', 'hex:fg', 'x'.repeat(129)])('%j is no packet', (text) => {
  expect(parsePacket(text)).toBeUndefined();
});
