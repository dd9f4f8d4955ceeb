import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc16 } from '../../../drivers/modbus/crc.ts';
import { encodeTcp, MbapReader } from '../../../drivers/modbus/mbap.ts';
import { judgeReply, makeRequest } from '../../../drivers/modbus/pdu.ts';
import { encodeRtu, RtuReader, silenceMs } from '../../../drivers/modbus/rtu.ts';
import { hex, VECTORS } from './vectors.ts';

/** A right RTU frame around a PDU. */
const seal = (unit: number, pdu: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.of(unit), pdu]);
  const crc = Buffer.alloc(2);
  crc.writeUInt16LE(crc16(body));
  return Buffer.concat([body, crc]);
};

const mbap = (id: number, unit: number, pdu: Buffer): Buffer => {
  const header = Buffer.alloc(7);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(pdu.length + 1, 4);
  header.writeUInt8(unit, 6);
  return Buffer.concat([header, pdu]);
};

function readRtu(chunks: readonly Buffer[]) {
  const reader = new RtuReader();
  const seen: string[] = [];
  const events = {
    frame: (unit: number, pdu: Uint8Array, rest: number, shape: string) =>
      seen.push(
        `${shape === 'request' ? '? ' : ''}${unit} ${Buffer.from(pdu).toString('hex')}${rest > 0 ? ` +${rest}` : ''}`,
      ),
    spoilt: (how: string) => seen.push(how),
  };
  for (const chunk of chunks) reader.push(chunk, events);
  if (reader.doubt !== undefined) seen.push(`${reader.doubt} unless it goes on`);
  return { seen, reader, events };
}

function readTcp(chunks: readonly Buffer[]) {
  const reader = new MbapReader();
  const seen: string[] = [];
  const right = chunks.every((chunk) =>
    reader.push(chunk, (id, unit, pdu) => seen.push(`${id} ${unit} ${Buffer.from(pdu).toString('hex')}`)),
  );
  return { seen, right };
}

/** Cuts bytes at the given places. */
const cut = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
};

describe('RTU', () => {
  test.each(VECTORS)('$name: the request is encoded and the reply is its answer', (vector) => {
    const { request } = vector;
    expect(encodeRtu(request)).toEqual(hex(vector.rtuRequest));
    const { seen } = readRtu([hex(vector.rtuReply)]);
    const pdu = hex(vector.rtuReply).subarray(1, -2);
    expect(seen).toEqual([`17 ${pdu.toString('hex')}`]);
    expect(judgeReply(request, 17, pdu)).toBe('data');
    expect(pdu.subarray(2)).toEqual(hex(vector.data));
  });

  test('the silence is 3.5 characters of 11 bits, and fixed above 19200 baud', () => {
    expect(silenceMs(9600)).toBeCloseTo(4.01, 2);
    expect(silenceMs(19_200)).toBeCloseTo(2.005, 3);
    expect(silenceMs(38_400)).toBe(1.75);
    expect(silenceMs(115_200)).toBe(1.75);
  });

  const good = seal(3, hex('03 02 00 2A'));
  test.each<[string, Buffer[], string[]]>([
    ['byte by byte', [...good].map((byte) => Buffer.of(byte)), ['3 0302002a']],
    ['an exception', [seal(3, hex('83 02'))], ['3 8302']],
    ['two glued: the first says how much follows', [Buffer.concat([good, good])], ['3 0302002a +7', '3 0302002a']],
    [
      'one bit turned',
      [Buffer.concat([good.subarray(0, 4), Buffer.of(0xab), good.subarray(5)])],
      ['crc unless it goes on'],
    ],
    [
      'one bit turned, and more than any request has',
      [Buffer.concat([good.subarray(0, 4), Buffer.of(0xab), good.subarray(5), Buffer.of(0)])],
      ['crc'],
    ],
    ["another master's request", [seal(3, hex('03 00 07 00 02'))], ['? 3 0300070002']],
    [
      "another master's request and its reply, bit by bit",
      [...Buffer.concat([seal(3, hex('03 00 07 00 01')), good])].map((byte) => Buffer.of(byte)),
      ['? 3 0300070001', '3 0302002a'],
    ],
    [
      "another master's request of which the reply's length says more",
      [seal(3, hex('03 7F 07 00 02'))],
      ['? 3 037f070002'],
    ],
    ['a broadcast of one register', [seal(0, hex('06 00 07 00 02'))], ['0 0600070002']],
    ['a broadcast of two registers', [seal(0, hex('10 00 07 00 02 04 00 01 00 02'))], ['? 0 10000700020400010002']],
    ['a function that nobody asks for', [hex('03 2B 0E 01')], ['nonsense']],
    ['a count that no reply has', [hex('03 03 FB 00 00 00 00 00')], ['overlong']],
    ['a count that no reply has, in four bytes', [hex('03 03 FB 00')], ['overlong unless it goes on']],
    ['after anything spoilt all is swallowed', [hex('03 2B'), good, good], ['nonsense']],
    ['cut short', [good.subarray(0, 5)], []],
  ])('%s', (_, chunks, expected) => {
    expect(readRtu(chunks).seen).toEqual(expected);
  });

  test('an awaited reply is waited for, also when its first eight bytes are a right request by chance', () => {
    const head = hex('03 03 08 00 01 00');
    const crc = Buffer.alloc(2);
    crc.writeUInt16LE(crc16(head));
    const reply = seal(3, Buffer.concat([head.subarray(1), crc, hex('00 02 00')]));
    const { seen, reader, events } = readRtu([]);
    reader.reset(makeRequest(3, 'holding', 0, 4));
    reader.push(reply.subarray(0, 8), events);
    reader.push(reply.subarray(8), events);
    expect(seen).toEqual([`3 ${reply.subarray(1, -2).toString('hex')}`]);
  });

  test('a reset begins a new frame', () => {
    const { seen, reader, events } = readRtu([hex('03 2B'), good.subarray(0, 4)]);
    reader.reset();
    reader.push(good, events);
    expect(seen).toEqual(['nonsense', '3 0302002a']);
  });

  test('however the bytes are cut, the frames are the same', () => {
    const frames = Buffer.concat([good, seal(4, hex('84 02')), seal(5, hex('01 01 05'))]);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (places) => {
        const seen = readRtu(cut(frames, places)).seen.map((text) => text.replace(/ \+\d+/, ''));
        expect(seen).toEqual(['3 0302002a', '4 8402', '5 010105']);
      }),
    );
  });

  test('nonsense of any kind neither throws nor is held', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 })), (chunks) => {
        const { reader } = readRtu(chunks.map((chunk) => Buffer.from(chunk)));
        expect(reader.unfinished).toBeLessThan(256);
      }),
    );
  });
});

describe('TCP', () => {
  test.each(VECTORS)('$name: the request is encoded and the reply is cut out', ({ request, rtuRequest, rtuReply }) => {
    const body = hex(rtuRequest).subarray(0, -2);
    expect(encodeTcp(0xabcd, request)).toEqual(Buffer.concat([hex('AB CD 00 00 00 06'), body]));
    const reply = hex(rtuReply).subarray(1, -2);
    expect(readTcp([mbap(7, 17, reply)]).seen).toEqual([`7 17 ${reply.toString('hex')}`]);
  });

  test.each<[string, Buffer, boolean]>([
    ['another protocol', hex('00 01 00 01 00 05 01 03 02 00 01'), false],
    ['a length of nothing', hex('00 01 00 00 00 01 01'), false],
    ['a length beyond the largest frame', hex('00 01 00 00 00 FF 01'), false],
    ['a length of 65535', hex('00 01 00 00 FF FF 01'), false],
    ['the largest frame', mbap(1, 1, Buffer.alloc(253)), true],
    ['half a header', hex('00 01 00'), true],
  ])('%s', (_, bytes, right) => {
    expect(readTcp([bytes]).right).toBe(right);
    expect(readTcp([...bytes].map((byte) => Buffer.of(byte))).right).toBe(right);
  });

  test('a frame that was cut short is not filled up from the next one: it is given up with the connection', () => {
    const short = mbap(1, 2, hex('03 04 00 2A 00 2B')).subarray(0, -2);
    const next = mbap(2, 2, hex('03 04 00 11 00 12'));
    expect(readTcp([short, next])).toEqual({ seen: [], right: false });
  });

  test('however the bytes are cut, the frames are the same', () => {
    const frames = Buffer.concat([
      mbap(1, 2, hex('03 02 00 2A')),
      mbap(2, 3, hex('83 02')),
      mbap(3, 4, Buffer.alloc(253)),
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (places) => {
        expect(readTcp(cut(frames, places)).seen).toEqual(['1 2 0302002a', '2 3 8302', `3 4 ${'00'.repeat(253)}`]);
      }),
    );
  });
});

const asked = makeRequest(3, 'holding', 0, 2);
test.each([
  ['right', 3, '03 04 00 01 00 02', 'data'],
  ['an exception', 3, '83 02', 'exception'],
  ['another unit', 4, '03 04 00 01 00 02', 'foreign'],
  ["another unit's exception", 4, '83 02', 'foreign'],
  ['another function', 3, '04 04 00 01 00 02', 'foreign'],
  ["another function's exception", 3, '84 02', 'foreign'],
  ['fewer registers', 3, '03 02 00 01', 'short'],
  ['more registers', 3, '03 06 00 01 00 02 00 03', 'overlong'],
  ['more data than it says', 3, '03 04 00 01 00 02 00', 'overlong'],
  ['less data than it says', 3, '03 04 00 01 00', 'short'],
  ['the right length, but it says more', 3, '03 06 00 01 00 02', 'overlong'],
  ['a function and nothing else', 3, '03', 'short'],
  ['an exception without its code', 3, '83', 'short'],
  ['an exception that goes on', 3, '83 02 00', 'overlong'],
  ['nothing', 3, '', 'foreign'],
])('a reply that is %s', (_, unit, pdu, verdict) => {
  expect(judgeReply(asked, unit, hex(pdu))).toBe(verdict);
});
