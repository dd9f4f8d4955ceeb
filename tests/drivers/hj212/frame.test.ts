import { describe, expect, test } from 'vitest';
import { crcOf, editionOf, encodeFrame, type Frame, parseFrame, wantsAnswer } from '../../../drivers/hj212/frame.ts';
import { crcOnly, vectorOf, vectors } from './vectors.ts';

const sealed = (segment: string | Buffer, tail = '\r\n', crc = (text: string) => text): Buffer => {
  const bytes = typeof segment === 'string' ? Buffer.from(segment) : segment;
  const seal = crc(crcOf(bytes).toString(16).toUpperCase().padStart(4, '0'));
  return Buffer.concat([Buffer.from(`##${String(bytes.length).padStart(4, '0')}`), bytes, Buffer.from(seal + tail)]);
};

test.each(crcOnly)('the CRC of "$input" is $crc, which is not that of Modbus', ({ input, crc, plainModbus }) => {
  expect(crcOf(Buffer.from(input)).toString(16).toUpperCase().padStart(4, '0')).toBe(crc);
  if (input !== '') expect(crc).not.toBe(plainModbus);
});

describe.each(vectors)('$id', ({ frame, expect: how, says }) => {
  test('its bytes say what stands in it', () => {
    expect(parseFrame(Buffer.from(frame), 'lenient')).toEqual(says);
  });
  test('what stands in it gives its bytes', () => {
    // The one frame with a `;` too many is written without it, and read again says the same.
    if (how !== 'accept-with-warnings') expect(encodeFrame(says).toString()).toBe(frame);
    expect(parseFrame(encodeFrame(says), 'lenient')).toEqual(says);
  });
});

test('every vector by the letter passes strict mode too; an MN of another kind, a `;` too many and a missing PNUM do not', () => {
  const refused = vectors.filter(({ frame }) => typeof parseFrame(Buffer.from(frame), 'strict') === 'string');
  expect(refused.map(({ id }) => id)).toEqual([
    'pub-2011-noise-la',
    'pub-2011-a50001-flag-b',
    'pub-2011-trailing-semicolon',
  ]);
});

const MN = '010000A8900016F000169DC0';
const good = `QN=20160801085857223;ST=23;CN=2011;PW=123456;MN=${MN};Flag=5;CP=&&DataTime=20160801085857;LA-Rtd=50.1&&`;
const lettered = vectorOf('std-1062-set-rtd-interval').frame.slice(6, -6);

test.each<[says: string, bytes: Buffer, lenient: string, strict: string]>([
  ['as the standard has it', sealed(good), 'frame', 'frame'],
  ['LF without CR', sealed(good, '\n'), 'frame', 'tail'],
  ['CR without LF', sealed(good, '\r'), 'tail', 'tail'],
  ['a CRC in small letters', sealed(lettered, '\r\n', (crc) => crc.toLowerCase()), 'frame', 'syntax'],
  ['a CRC that is another', sealed(good, '\r\n', () => '0000'), 'crc', 'crc'],
  ['a CRC that is no hexadecimal', sealed(good, '\r\n', () => '00G0'), 'length', 'length'],
  ['a `;` before the closing &&', sealed(good.replace(/&&$/, ';&&')), 'frame', 'syntax'],
  ['blanks after `;`', sealed(good.replaceAll(';', '; ')), 'frame', 'syntax'],
  ['a blank in an empty CP', sealed(good.replace(/&&.*&&/, '&& &&')), 'frame', 'syntax'],
  ['a PW that is too long', sealed(good.replace('PW=123456', 'PW=123456789')), 'frame', 'syntax'],
  ['an MN that is too long', sealed(good.replace(MN, `${MN}FF`)), 'frame', 'syntax'],
  ['an MN beyond all bounds', sealed(good.replace(MN, 'F'.repeat(65))), 'syntax', 'syntax'],
  ['a header field that nobody knows', sealed(good.replace('Flag', 'CmdFlag=1;Flag')), 'frame', 'syntax'],
  ['a header field twice', sealed(good.replace('Flag', 'ST=23;Flag')), 'syntax', 'syntax'],
  ['PNO before PNUM', sealed(good.replace('Flag=5', 'Flag=7;PNO=1;PNUM=2')), 'frame', 'syntax'],
  ['PNO without PNUM', sealed(good.replace('Flag=5', 'Flag=7;PNO=1')), 'syntax', 'syntax'],
  ['PNO above PNUM', sealed(good.replace('Flag=5', 'Flag=7;PNUM=2;PNO=3')), 'syntax', 'syntax'],
  [
    'PNUM and PNO of 0, where the Flag has none',
    sealed(good.replace('Flag=5', 'Flag=5;PNUM=0;PNO=0')),
    'frame',
    'syntax',
  ],
  [
    'PNUM and PNO left empty, where the Flag has none',
    sealed(good.replace('Flag=5', 'Flag=4;PNUM=;PNO=')),
    'frame',
    'syntax',
  ],
  ['PNUM of 0, where the Flag has packets', sealed(good.replace('Flag=5', 'Flag=7;PNUM=0;PNO=0')), 'syntax', 'syntax'],
  ['a Flag with packets and no PNUM', sealed(good.replace('Flag=5', 'Flag=7')), 'frame', 'syntax'],
  ['a Flag above 255', sealed(good.replace('Flag=5', 'Flag=256')), 'syntax', 'syntax'],
  ['no ST', sealed(good.replace('ST=23;', '')), 'syntax', 'syntax'],
  ['no MN', sealed(good.replace(`MN=${MN};`, '')), 'syntax', 'syntax'],
  ['no CP', sealed(good.replace('CP=', 'XX=')), 'syntax', 'syntax'],
  ['a CP without its end', sealed(good.slice(0, -2)), 'syntax', 'syntax'],
  ['a field without a value', sealed(good.replace('LA-Rtd=50.1', 'LA-Rtd')), 'syntax', 'syntax'],
  ['a field with two', sealed(good.replace('LA-Rtd=50.1', 'LA-Rtd=5=1')), 'syntax', 'syntax'],
  ['a field with a name of other characters', sealed(good.replace('LA-Rtd', 'LA Rtd')), 'syntax', 'syntax'],
  [
    'a 2005 upload without QN and Flag',
    sealed('ST=31;CN=2011;PW=123456;MN=88888880000001;CP=&&DataTime=20260101000000;B01-Rtd=1&&'),
    'frame',
    'frame',
  ],
  ['a 2017 upload without QN', sealed(good.replace('QN=20160801085857223;', '')), 'frame', 'syntax'],
  ['a QN without milliseconds', sealed(good.replace('857223', '857')), 'frame', 'syntax'],
  ['Chinese text in UTF-8', sealed(good.replace('50.1', '50.1;i21001-Info=//清洗//')), 'frame', 'frame'],
  [
    'a text in another encoding',
    sealed(Buffer.from(good.replace('50.1', '50.1;i21001-Info=\xc7\xe5'), 'latin1')),
    'frame',
    'syntax',
  ],
  [
    'a data segment of 1025 bytes',
    sealed(good.replace('50.1', `50.1;x-Info=${'1'.repeat(1025 - good.length - 8)}`)),
    'frame',
    'length',
  ],
  [
    'a data segment of 4097 bytes',
    sealed(good.replace('50.1', `50.1;x-Info=${'1'.repeat(4097 - good.length - 8)}`)),
    'length',
    'length',
  ],
  ['another first byte', Buffer.from(sealed(good).toString().replace('##', '#$')), 'length', 'length'],
  ['fewer bytes than it says', sealed(good).subarray(0, -8), 'length', 'length'],
])('%s', (_says, bytes, lenient, strict) => {
  const name = (found: Frame | string) => (typeof found === 'string' ? found : 'frame');
  expect([name(parseFrame(bytes, 'lenient')), name(parseFrame(bytes, 'strict'))]).toEqual([lenient, strict]);
});

test('edition and wish for an answer are read from the Flag', () => {
  const { says } = vectorOf('std-c25-noise-realtime');
  const of = (flag?: number) => {
    const frame: Frame = flag === undefined ? { st: '23', cn: '2011', pw: '', mn: '', cp: [] } : { ...says, flag };
    return [editionOf(frame), wantsAnswer(frame)];
  };
  expect([undefined, 1, 4, 5, 8, 9].map(of)).toEqual([
    [2005, false],
    [2005, true],
    [2017, false],
    [2017, true],
    [2025, false],
    [2025, true],
  ]);
});

test('what would break a frame is not written', () => {
  const { says } = vectorOf('std-c25-noise-realtime');
  expect(() => encodeFrame({ ...says, pw: '1;CN=1072' })).toThrow('cannot stand');
  expect(() => encodeFrame({ ...says, cp: [[['LA-Rtd', '50&&\r\n']]] })).toThrow('cannot stand');
  expect(() => encodeFrame({ ...says, cp: [[['LA-Rtd', '1'.repeat(10_000)]]] })).toThrow('at most 9999');
});
