import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Overheard } from '../../../drivers/driver.ts';
import { encodeFrame } from '../../../drivers/hj212/frame.ts';
import { FrameStream, noStreamCounts } from '../../../drivers/hj212/frame-stream.ts';
import { overhearFlaw, saidIn } from '../../../drivers/hj212/overheard.ts';
import type { Flaw } from '../../../drivers/hj212/passed-over.ts';
import { withoutSecrets } from '../../../drivers/hj212/secrets.ts';
import { freePort, until } from '../../tools/program.ts';
import { openLink, runSims, simDevice } from './open-link.ts';
import { MN } from './site.ts';
import { vectorOf } from './vectors.ts';

const { frame: REAL, says: real } = vectorOf('std-c25-noise-realtime');
const HEX = /^(?:[0-9a-f]{2})*$/;

type Told = readonly [flaw: Flaw, bytes: Uint8Array];

/** What is told of bytes that come in such pieces and then stop: the flaw, and its bytes as they are. */
function toldOf(bytes: Uint8Array, size: number): readonly Told[] {
  const told: Told[] = [];
  const ears = { isHeard: () => true, tell: (flaw: Flaw, what: Uint8Array) => void told.push([flaw, what.slice()]) };
  const stream = new FrameStream('lenient', noStreamCounts(), ears);
  for (let at = 0; at < bytes.length; at += size) {
    stream.push(bytes.subarray(at, at + size));
    while (stream.next() !== undefined);
  }
  if (stream.isUnfinished) stream.expire();
  return told;
}

const broken = (from: string, to: string): string => REAL.replace(from, to);
const wrongCrc = broken('50.1', '60.1');
const wrongLength = broken(REAL.slice(0, 6), '##0050');
const tooLong = broken(REAL.slice(0, 6), '##0999');
const noTail = REAL.replace('\r\n', '\rx\r\n');
const noise = '\x80\xf8\x00\x06\x9e\xfe\x86';

test.each(['PW', 'NewPW', 'Password', 'passwd', 'UserPwd'])(
  'what is called %s is not told of a right frame',
  (name) => {
    const frame = { ...real, cn: '9021', cp: [[['User', 'u']], [[name, 'abcdef']]] } as const;
    expect(saidIn(frame)).toBe(`ST=23 CN=9021 User=u ${name}=***`);
  },
);

describe('bytes that are no right frame are told', () => {
  test.each<[says: string, bytes: string, told: (readonly [Flaw, string])[]]>([
    ['not of right frames, and the ends of lines between them', `${REAL}\r\n\n${REAL}`, []],
    ['of a wrong CRC: the frame', wrongCrc, [['crc', wrongCrc]]],
    ['of a length that is too small: the line', wrongLength, [['length', wrongLength]]],
    ['of a length that is too large: the line, and nothing of the next frame', tooLong + REAL, [['length', tooLong]]],
    ['of a tail that is not there: the line', noTail, [['tail', noTail]]],
    [
      'of what is not as the standard writes it',
      withCrc('ST=23;CN=2011;MN=1;CP=&&=&&'),
      [['syntax', withCrc('ST=23;CN=2011;MN=1;CP=&&=&&')]],
    ],
    ['of noise before a frame, without the frame', noise + REAL, [['garbage', noise]]],
    [
      'of noise in the midst of one that ends as a line does',
      REAL.replace('QN=', noise),
      [['garbage', REAL.replace('QN=', noise)]],
    ],
    ['of half a frame', REAL.slice(0, 60), [['incomplete', REAL.slice(0, 60)]]],
    ['of half a frame, and the right one after it', REAL.slice(0, 60) + REAL, [['length', REAL.slice(0, 60)]]],
    [
      'of noise that does not end, a thousand bytes at a time',
      'x'.repeat(2500),
      [
        ['garbage', 'x'.repeat(1024)],
        ['garbage', 'x'.repeat(1024)],
        ['garbage', 'x'.repeat(452)],
      ],
    ],
    [
      'of each line by itself',
      wrongCrc + wrongLength + wrongCrc,
      [
        ['crc', wrongCrc],
        ['length', wrongLength],
        ['crc', wrongCrc],
      ],
    ],
  ])('%s', (_says, bytes, told) => {
    for (const size of [1, 7, 10_000]) {
      const heard = toldOf(Buffer.from(bytes, 'latin1'), size);
      expect(heard.map(([flaw, what]) => [flaw, Buffer.from(what).toString('latin1')])).toEqual(told);
    }
  });

  test('before the right frame that comes after them', () => {
    const order: string[] = [];
    const ears = { isHeard: () => true, tell: (flaw: Flaw) => void order.push(flaw) };
    const stream = new FrameStream('lenient', noStreamCounts(), ears);
    stream.push(Buffer.from(noise + REAL + wrongCrc + REAL, 'latin1'));
    while (stream.next() !== undefined) order.push('frame');
    expect(order).toEqual(['garbage', 'frame', 'crc', 'frame']);
  });

  test('nothing is gathered while nobody listens, and who begins to hears from then', () => {
    let isHeard = false;
    const told: number[] = [];
    const ears = { isHeard: () => isHeard, tell: (_flaw: Flaw, bytes: Uint8Array) => void told.push(bytes.length) };
    const stream = new FrameStream('lenient', noStreamCounts(), ears);
    const push = (text: string) => {
      stream.push(Buffer.from(text));
      while (stream.next() !== undefined);
    };
    push(`${'x'.repeat(500)}${wrongCrc}${'x'.repeat(500)}`);
    expect([told, stream.isUnfinished]).toEqual([[], false]);
    isHeard = true;
    push('yyy\n');
    expect(told).toEqual([4]);
  });
});

/** A frame of that data segment, by the CRC of the gateway's own encoder. */
function withCrc(segment: string): string {
  let crc = 0xffff;
  for (const byte of Buffer.from(segment)) {
    crc = (crc >> 8) ^ byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return `##${String(segment.length).padStart(4, '0')}${segment}${crc.toString(16).toUpperCase().padStart(4, '0')}\r\n`;
}

describe('a password is not told', () => {
  test.each<[says: string, bytes: string, shown: string]>([
    [
      'where it stands',
      '##0131QN=20160801085857223;ST=23;CN=2011;PW=abcdef;MN=01;Flag=5;CP=&&LA-Rtd=1&&2B40\r\n',
      '##0131QN=20160801085857223;ST=23;CN=2011;PW=******;MN=01;Flag=5;CP=&&LA-Rtd=1&&2B40\r\n',
    ],
    ['after a broken name', 'CN=2011;P\x80=abcdef;MN=01;CP=&&&&', 'CN=2011;*********;MN=01;CP=&&&&'],
    ['behind a broken separator', 'CN=2011xPW=abcdef;MN=01;CP=&&&&', '*****************;MN=01;CP=&&&&'],
    ['before a broken separator', 'CN=2011;PW=abcdefxMN=01;CP=&&&&', 'CN=2011;PW=************;CP=&&&&'],
    ['with a separator in it', 'CN=2011;PW=abc;ef;MN=01;CP=&&&&', 'CN=2011;PW=***;**;MN=01;CP=&&&&'],
    ['whose beginning has not come', 'cdef;MN=01;Flag=5;CP=&&A-Rtd=1', '****;MN=01;Flag=5;CP=&&A-Rtd=1'],
    ['glued to the time', 'QN=20160801abcdef;MN=01;CP=&&&&', '*****************;MN=01;CP=&&&&'],
    ['in the second of two lines', 'CP=&&A-Rtd=1\nCN=2011;Pabcdef;MN=01', 'CP=&&A-Rtd=1\nCN=2011;*******;MN=01'],
    ['that is known, wherever it is', `${noise}KNOWN1${noise}`, `${noise}******${noise}`],
    [
      'of a maker’s own login',
      'ST=91;CN=9021;MN=01;CP=&&Password=abcdef&&',
      'ST=91;CN=9021;MN=01;CP=&&Password=******&&',
    ],
    ['in a CP', 'ST=21;CN=1072;MN=01;CP=&&NewPW=abcdef&&', 'ST=21;CN=1072;MN=01;CP=&&NewPW=******&&'],
    ['and noise is told as it is', noise, noise],
  ])('%s', (_says, bytes, shown) => {
    const masked = withoutSecrets(bytes, ['', 'x', 'KNOWN1']);
    expect(masked).toBe(shown);
    expect(masked).toHaveLength(bytes.length);
  });

  test('of frames that are broken in one place or two, in whatever pieces they come', () => {
    // Letters that stand nowhere else in it.
    const secret = Buffer.from(encodeFrame({ ...real, pw: 'qzjqzj' }));
    let state = 7;
    const roll = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    let pieces = 0;
    const look = (bytes: Uint8Array, size: number) => {
      for (const [flaw, piece] of toldOf(bytes, size)) {
        pieces++;
        const { what, who, hex = '' } = overhearFlaw(flaw, piece, []);
        const told = `${who} ${what} ${Buffer.from(hex, 'hex').toString('latin1')}`;
        if (/[qzj]/.test(told)) expect(told, `${flaw} of ${Buffer.from(bytes)}`).not.toMatch(/[qzj]/);
      }
    };
    const bite = (bytes: Buffer, at: number) => {
      // Bits, and never one of the letters themselves.
      if (roll(3) === 0) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + roll(3))]);
      const bitten = Buffer.from(bytes);
      bitten[at] = [0x80, 0x0a, 0x3b, 0x23, 0x58, 0x00][roll(6)] ?? 0;
      return bitten;
    };
    for (let at = 0; at < secret.length; at++) {
      for (let turn = 0; turn < 4; turn++) {
        const once = bite(secret, at);
        look(once, 1 + roll(200));
        look(bite(once, roll(once.length)), 1 + roll(200));
      }
    }
    expect(pieces).toBeGreaterThan(1000);
  });

  test('a dump is bounded, and says whose it is where that stands in it', () => {
    const long = Buffer.from(`${wrongCrc.trimEnd()}${'x'.repeat(5000)}`);
    const { what, hex = '', who, isRight } = overhearFlaw('length', long, [real.pw]);
    expect(what.length).toBeLessThanOrEqual(500);
    expect(what).toMatch(/^wrong length, \d+ bytes: ##/);
    expect([hex.length, HEX.test(hex), who, isRight]).toEqual([256, true, real.mn, false]);
    const cut = overhearFlaw('incomplete', Buffer.from(`CP=&&A=${'x'.repeat(390)}KNOWN1`), ['KNOWN1']);
    expect(cut.what).toMatch(/x\*\*\*$/);
    expect(overhearFlaw('garbage', Buffer.from(noise, 'latin1'), [])).toEqual({
      who: null,
      what: 'no frame, 7 bytes',
      isRight: false,
      hex: '80f800069efe86',
    });
  });
});

test('who listens on a link at work hears what is broken on it, and the time set that goes out', async () => {
  const port = await freePort();
  await using link = await openLink({ listen: `127.0.0.1:${port}` });
  await until(() => link.link.status().state === 'up', 'the listener');
  const heard: Overheard[] = [];
  const stop = link.link.tap?.((each) => heard.push(each));
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(wrongCrc + REAL + wrongLength);
  await until(() => heard.length >= 5, 'what there is to hear');
  expect(heard.map(({ way, isRight, who, what }) => [way, isRight, who, what.slice(0, 13)])).toEqual([
    ['in', false, MN, 'wrong CRC, 13'],
    ['in', true, MN, 'ST=23 CN=2011'],
    ['out', true, MN, 'ST=91 CN=9014'],
    ['out', true, MN, 'ST=23 CN=1012'],
    ['in', false, MN, 'wrong length,'],
  ]);
  expect(JSON.stringify(heard)).not.toContain(real.pw);
  expect(JSON.stringify(heard)).not.toContain(Buffer.from(real.pw).toString('hex'));
  stop?.();
  socket.write(wrongCrc);
  await until(() => link.count('crc') === 2, 'the frame');
  expect(heard).toHaveLength(5);
  socket.destroy();
});

test('a simulated instrument whose frames are corrupt is heard, half a frame too when nothing more comes', async () => {
  const port = await freePort();
  await using link = await openLink({ listen: `127.0.0.1:${port}` });
  await until(() => link.link.status().state === 'up', 'the listener');
  const heard: Overheard[] = [];
  link.link.tap?.((each) => heard.push(each));
  await using _ = runSims([simDevice('corrupt')], { host: '127.0.0.1', port });
  await until(() => heard.length > 0, 'it');
  expect(heard[0]).toMatchObject({ way: 'in', isRight: false, who: MN });
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(REAL.slice(0, 60), () => socket.destroy());
  await until(() => heard.some(({ what }) => what.startsWith('broken off, 60 bytes')), 'the half');
});
