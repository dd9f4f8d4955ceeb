import { crc16 } from '../../../drivers/modbus/crc.ts';
import { DialInReader } from '../../../drivers/modbus/dial-in-reader.ts';
import { MbapReader } from '../../../drivers/modbus/mbap.ts';
import { answerOf, judgeReply, makeRequest } from '../../../drivers/modbus/pdu.ts';
import { type FrameReader, RtuReader } from '../../../drivers/modbus/rtu.ts';
import { rtuSeal, tcpSeal } from './fake-bus.ts';
import { hex, VECTORS } from './vectors.ts';

const request = makeRequest(17, 'holding', 0x6b, 3);
const asked = { unit: 17, code: 3, address: 0x6b, count: 3, transaction: 7 };
const beat = Buffer.from('www.usr.cn');
const pdus = [
  ...VECTORS.map(({ rtuReply }) => hex(rtuReply).subarray(1, -2)),
  hex('83 02'),
  hex('06 00 07 00 02'),
  hex('10 00 07 00 02 04 00 01 00 02'),
  hex('10 00 07 00 02'),
];

/** What is right, in both framings. */
export const seeds: readonly Buffer[] = [
  ...pdus.flatMap((pdu) => [rtuSeal(asked, pdu), tcpSeal(asked, pdu)]),
  ...VECTORS.map(({ rtuRequest }) => hex(rtuRequest)),
  Buffer.concat([beat, rtuSeal(asked, pdus[2] ?? Buffer.alloc(0))]),
  beat,
];

const fail = (what: string): never => {
  throw new Error(what);
};

/** The input in two pieces, cut at a place that it names itself. */
function* pieces(input: Buffer): Generator<Buffer> {
  const at = (input[0] ?? 0) % (input.length + 1);
  yield input.subarray(0, at);
  yield input.subarray(at);
}

/** A value may come only of bytes that stand in the input as a right frame, but for `packets` among them. */
function readRtu(reader: FrameReader, input: Buffer, packets: readonly Buffer[]): void {
  reader.reset(request);
  for (const piece of pieces(input)) {
    reader.push(piece, {
      frame(unit, pdu, rest, shape) {
        const body = Buffer.concat([Buffer.of(unit), pdu]);
        const frame = Buffer.concat([body, Buffer.alloc(2)]);
        frame.writeUInt16LE(crc16(body), frame.length - 2);
        if (!holds(input, frame, packets)) fail(`a frame that was not there: ${frame.toString('hex')}`);
        if (rest < 0 || rest > input.length) fail(`${rest} bytes are left`);
        if (shape === 'reply') judge(unit, pdu);
      },
      spoilt() {},
    });
  }
  if (reader.unfinished > 1024) fail('it grows');
}

function judge(unit: number, pdu: Uint8Array): void {
  const verdict = judgeReply(request, unit, pdu);
  if (verdict !== 'data' && verdict !== 'exception') return;
  const answer = answerOf(verdict, pdu);
  if (unit !== 17) fail('of another unit');
  if (answer.kind === 'data' && (answer.data.length !== 6 || pdu[0] !== 3)) fail('not what was asked');
}

function holds(input: Buffer, frame: Buffer, packets: readonly Buffer[]): boolean {
  if (input.includes(frame)) return true;
  return packets.some((packet) => {
    for (let at = input.indexOf(packet); at >= 0; at = input.indexOf(packet, at + 1)) {
      const without = Buffer.concat([input.subarray(0, at), input.subarray(at + packet.length)]);
      if (holds(without, frame, packets)) return true;
    }
    return false;
  });
}

/** Every parser of replies, by its name; each throws where it does what it must not. */
export const parsers: Readonly<Record<string, (input: Buffer) => void>> = {
  'RTU replies': (input) => readRtu(new RtuReader(), input, []),
  'RTU replies among heartbeats': (input) =>
    readRtu(new DialInReader([beat, hex('01 03')]), input, [beat, hex('01 03')]),
  'MBAP replies'(input) {
    const reader = new MbapReader();
    let bytes = 0;
    for (const piece of pieces(input)) {
      const isRight = reader.push(piece, (_transaction, unit, pdu) => {
        bytes += 7 + pdu.length;
        if (pdu.length < 1 || pdu.length > 253) fail(`a PDU of ${pdu.length} bytes`);
        judge(unit, pdu);
      });
      if (!isRight) return;
    }
    if (bytes > input.length) fail('more frames than bytes');
  },
};
