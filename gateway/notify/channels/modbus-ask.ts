import { connect } from 'node:net';
import type { Clock } from '#kit/clock.ts';
import { codeOf, textOf } from '#kit/fault.ts';
import { CHANNEL_FAULTS } from './faults.ts';

export interface AskedRegister {
  readonly host: string;
  readonly port: number;
  readonly unit: number;
  readonly register: number;
  readonly timeoutMs: number;
  readonly wire: Clock;
  readonly signal: AbortSignal;
}

export type BoardAnswer =
  /** What stands in the register after it was written. */
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'failed'; readonly code: string; readonly text: string };

/** Functions of the Modbus Application Protocol V1.1b3, sections 6.6 and 6.3. */
const WRITE = 6;
const READ = 3;
/** MBAP header: transaction, protocol 0, length, unit (Modbus Messaging on TCP/IP V1.0b, section 3.1.3). */
const HEADER_BYTES = 7;
const MOST_BYTES = 260;

/** Writes one holding register and reads it back, on a connection of its own. */
export async function askBoard(asked: AskedRegister, value: number): Promise<BoardAnswer> {
  const { host, port, register, timeoutMs, wire, signal } = asked;
  if (signal.aborted) return { kind: 'failed', code: CHANNEL_FAULTS.cancelled, text: 'taken back' };
  const { promise, resolve } = Promise.withResolvers<BoardAnswer>();
  const fail = (code: string, text: string) => resolve({ kind: 'failed', code, text });
  const socket = connect({ host, port, noDelay: true });
  const cancel = wire.after(timeoutMs, () => fail(CHANNEL_FAULTS.noAnswer, 'the board gave no answer in time'));
  const abort = () => fail(CHANNEL_FAULTS.cancelled, 'taken back');
  signal.addEventListener('abort', abort, { once: true });
  let got = Buffer.alloc(0);
  let transaction = 1;
  socket.on('connect', () => socket.write(request(asked.unit, transaction, WRITE, register, value)));
  socket.on('error', (error) => fail(CHANNEL_FAULTS.unreachable, codeOf(error) ?? textOf(error)));
  socket.on('close', () => fail(CHANNEL_FAULTS.cut, 'the board hung up'));
  socket.on('data', (chunk) => {
    got = Buffer.concat([got, chunk]).subarray(0, MOST_BYTES);
    const frame = frameIn(got);
    if (frame === undefined) return;
    got = got.subarray(frame.bytes);
    const wanted = transaction === 1 ? WRITE : READ;
    if (frame.transaction !== transaction || frame.unit !== asked.unit || frame.pdu[0] !== wanted) {
      const exception = frame.pdu[0] === (wanted | 0x80) ? `exception ${frame.pdu[1]}` : 'an answer to something else';
      fail(CHANNEL_FAULTS.nonsense, `the board gave ${exception}`);
    } else if (wanted === WRITE) {
      transaction = 2;
      socket.write(request(asked.unit, transaction, READ, register, 1));
    } else if (frame.pdu.length !== 4 || frame.pdu[1] !== 2)
      fail(CHANNEL_FAULTS.nonsense, 'the board gave no register');
    else resolve({ kind: 'value', value: frame.pdu.readUInt16BE(2) });
  });
  try {
    return await promise;
  } finally {
    cancel();
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

function request(unit: number, transaction: number, code: number, register: number, value: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + 5);
  bytes.writeUInt16BE(transaction, 0);
  bytes.writeUInt16BE(6, 4);
  bytes.writeUInt8(unit, 6);
  bytes.writeUInt8(code, 7);
  bytes.writeUInt16BE(register, 8);
  bytes.writeUInt16BE(value, 10);
  return bytes;
}

/** The first whole answer; one whose length is nonsense is cut at what is there. */
function frameIn(bytes: Buffer) {
  if (bytes.length < HEADER_BYTES + 1) return undefined;
  const end = Math.min(6 + bytes.readUInt16BE(4), MOST_BYTES);
  if (bytes.length < end || end < HEADER_BYTES + 1) return undefined;
  const pdu = bytes.subarray(HEADER_BYTES, end);
  return { transaction: bytes.readUInt16BE(0), unit: bytes.readUInt8(6), pdu, bytes: end };
}
