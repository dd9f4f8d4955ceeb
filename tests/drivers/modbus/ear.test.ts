import { expect, test } from 'vitest';
import type { Overheard } from '../../../drivers/driver.ts';
import { Ear } from '../../../drivers/modbus/ear.ts';
import { makeRequest } from '../../../drivers/modbus/pdu.ts';
import { encodeRtu } from '../../../drivers/modbus/rtu.ts';
import { diagnose } from '../../../drivers/modbus/symptom.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { right, rtuSeal } from './fake-bus.ts';

const ASK = makeRequest(3, 'holding', 0x10, 2);
const asked = { unit: 3, code: 3, address: 0x10, count: 2, transaction: 0 };
const REPLY = right(rtuSeal, asked);

function openEar(framing: 'rtu' | 'tcp' = 'rtu') {
  const clock = new FakeClock();
  const heard: Overheard[] = [];
  const ear = new Ear(framing, { clock, wire: clock }, (each) => heard.push(each));
  const said = () =>
    heard.splice(0).map(({ way, who, what, isRight }) => `${way} ${who} ${what}${isRight ? '' : ' ✗'}`);
  return { clock, ear, said };
}

test('a question and its answer, however they are cut, with the address that the answer does not say', () => {
  const { ear, said } = openEar();
  ear.hear('out', encodeRtu(ASK));
  for (const byte of REPLY) ear.hear('in', Uint8Array.of(byte));
  expect(said()).toEqual(['out 3 read holding registers 0x0010 × 2', 'in 3 holding registers 0x0010: 0010 0011']);
});

test('another master and its slave, heard on one side', () => {
  const { ear, said } = openEar();
  ear.hear('in', Buffer.concat([encodeRtu(ASK), REPLY]));
  expect(said()).toEqual(['in 3 read holding registers 0x0010 × 2', 'in 3 holding registers 0x0010: 0010 0011']);
});

test('what is no frame is told when the wire has fallen silent, and the next frame is heard again', async () => {
  const { ear, said, clock } = openEar();
  const wrong = Buffer.from(REPLY);
  wrong[4] = 0x55;
  ear.hear('in', wrong);
  ear.hear('in', Buffer.alloc(5000, 0x5a));
  expect(said()).toEqual([]);
  await clock.advance(20);
  expect(said()).toEqual(['in null wrong CRC ✗']);
  ear.hear('in', REPLY.subarray(0, 4));
  await clock.advance(20);
  expect(said()).toEqual(['in null broken off ✗']);
  ear.hear('in', REPLY);
  expect(said()).toEqual(['in 3 holding registers: 0010 0011']);
});

test('one answer that was spoilt on a wire that is never silent hides no other', async () => {
  const { ear, said, clock } = openEar();
  for (let nth = 0; nth < 3; nth++) {
    ear.hear('out', encodeRtu(ASK));
    await clock.advance(8);
    ear.hear('in', nth === 0 ? Buffer.concat([REPLY.subarray(0, -1), Buffer.of(0)]) : REPLY);
    await clock.advance(4);
  }
  const question = 'out 3 read holding registers 0x0010 × 2';
  const answer = 'in 3 holding registers 0x0010: 0010 0011';
  expect(said()).toEqual([question, 'in null wrong CRC ✗', question, answer, question, answer]);
});

test('exceptions and writes in words', () => {
  const { ear, said } = openEar();
  ear.hear('in', rtuSeal(asked, Buffer.of(0x83, 2)));
  ear.hear('in', rtuSeal(asked, Buffer.of(6, 0, 1, 0x12, 0x34)));
  expect(said()).toEqual(['in 3 exception 2: illegal address', 'in 3 wrote register 0x0001 = 1234']);
});

const crcWrong = Buffer.from(REPLY);
crcWrong[crcWrong.length - 1] = (crcWrong.at(-1) ?? 0) ^ 0xff;
test.each([
  ['nothing at all', Buffer.alloc(0), 'silence'],
  ['an answer with a wrong check sum', crcWrong, 'crc'],
  ['two answers', Buffer.concat([REPLY, REPLY]), 'double'],
  ['an answer and more', Buffer.concat([REPLY, Buffer.of(3)]), 'double'],
  ['answers over each other', Buffer.concat([REPLY.subarray(0, 4), REPLY]), 'double'],
  ['another unit', rtuSeal({ ...asked, unit: 4 }, REPLY.subarray(1, -2)), 'foreign'],
  ['nothing that begins as an answer', Buffer.of(0xfc, 0x7e, 0, 0), 'garbage'],
] as const)('symptom: %s', (_, bytes, symptom) => expect(diagnose(ASK, bytes)).toBe(symptom));
