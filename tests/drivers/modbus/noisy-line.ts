import { type Counters, makeCounters } from '../../../drivers/modbus/counters.ts';
import { crc16 } from '../../../drivers/modbus/crc.ts';
import type { Answer, Line } from '../../../drivers/modbus/line.ts';
import { makeRequest, type Request } from '../../../drivers/modbus/pdu.ts';
import { RtuLine } from '../../../drivers/modbus/rtu-line.ts';
import { TcpLine } from '../../../drivers/modbus/tcp-line.ts';
import { disturb, seeded, split } from '../../tools/noise.ts';
import { SyncClock } from '../../tools/sync-clock.ts';
import { right, rtuSeal, tcpSeal } from './fake-bus.ts';

const TIMEOUT_MS = 200;
const UNITS = 32;
const MOST_REGISTERS = 50;

export interface NoiseResult {
  /** Requests, and those of them that were answered rightly or not at all. */
  requests: number;
  good: number;
  refused: number;
  /** Wrong values in bytes that are a right frame, CRC and all: what no receiver can tell. */
  undetectable: number;
  /** Wrong values that the CRC, the unit, the function or the length would have told. */
  wrong: number;
  /** Connections given up. */
  broken: number;
  /** The most timers that ever waited. */
  mostTimers: number;
  readonly counters: Counters;
}

/**
 * So many requests through a line on a fake clock, each byte in both directions disturbed with a share of 1 % and the
 * bytes split at random; other masters, broadcasts and the echo of our own requests among them on a serial line.
 */
export async function runNoise(kind: 'rtu' | 'tcp', requests: number, seed = 1): Promise<NoiseResult> {
  const random = seeded(seed);
  const clock = new SyncClock();
  const counters = makeCounters();
  const seal = kind === 'rtu' ? rtuSeal : tcpSeal;
  const result = { requests, good: 0, refused: 0, undetectable: 0, wrong: 0, broken: 0, mostTimers: 0, counters };
  let heard: Buffer[] = [];
  let nth = 0;
  let isBroken = false;

  const deliver = (bytes: Buffer, afterMs: number) => {
    let at = afterMs;
    const to = line;
    for (const piece of split(bytes, 4, random)) {
      clock.after(at, () => {
        if (to !== line) return;
        heard.push(piece);
        line.receive(piece);
      });
      at += random() * 8;
    }
  };
  const noise = (bytes: Uint8Array) => disturb(bytes, 0.01, random);

  const port = {
    write(bytes: Uint8Array) {
      const sent = Buffer.from(bytes);
      const got = noise(sent);
      const chance = kind === 'rtu' ? random() : 1;
      if (chance < 0.02) deliver(got, 1);
      else if (chance < 0.03) deliver(noise(ofAnotherMaster(random)), 2);
      if (!isWhole(kind, got)) return true;
      const at = kind === 'rtu' ? 0 : 6;
      const asked = {
        unit: got.readUInt8(at),
        code: got.readUInt8(at + 1),
        address: got.readUInt16BE(at + 2),
        count: got.readUInt16BE(at + 4),
        transaction: kind === 'rtu' ? 0 : got.readUInt16BE(0),
      };
      if (asked.code !== 3 || asked.count < 1 || asked.count > 125) return true;
      deliver(noise(right(seal, asked, nth)), 10 + random() * 60);
      return true;
    },
    flush: (done: () => void) => done(),
    close() {},
  };
  const connect = (): Line => {
    const broken = () => {
      isBroken = true;
    };
    const events = { late: () => {}, broken };
    isBroken = false;
    return kind === 'rtu'
      ? new RtuLine(port, { baud: 115_200, gap: 0, muteAfter: Number.POSITIVE_INFINITY }, clock, counters, events)
      : new TcpLine(port, { window: 4, muteAfter: 20 }, clock, counters, events);
  };
  let line = connect();

  for (nth = 1; nth <= requests; nth++) {
    const unit = 1 + (nth % UNITS);
    const count = 1 + Math.floor(random() * MOST_REGISTERS);
    const request = makeRequest(unit, 'holding', 100, count);
    let answer: Answer | undefined;
    heard = [];
    line.ask(request, TIMEOUT_MS, (given) => {
      answer = given.kind === 'data' ? { kind: 'data', data: Buffer.from(given.data) } : given;
    });
    while (answer === undefined) {
      result.mostTimers = Math.max(result.mostTimers, clock.waiting);
      if (!clock.next()) throw new Error(`request ${nth} hangs: nothing is waited for`);
    }
    result[judge(kind, request, nth, answer, Buffer.concat(heard))]++;
    await null;
    if (isBroken) {
      result.broken++;
      line.close();
      line = connect();
    }
  }
  return result;
}

/** The first register of the right reply holds `first`, the next one more. */
export function judge(
  kind: 'rtu' | 'tcp',
  request: Request,
  first: number,
  answer: Answer,
  heard: Buffer,
): 'good' | 'refused' | 'undetectable' | 'wrong' {
  if (answer.kind !== 'data' && answer.kind !== 'exception') return 'refused';
  const { unit, code, address, count, dataBytes } = request;
  const asked = { unit, code, address, count, transaction: 0 };
  if (answer.kind === 'data') {
    if (right(rtuSeal, asked, first).subarray(3, -2).equals(answer.data)) return 'good';
    if (answer.data.length !== dataBytes) return 'wrong';
    // Nothing in a TCP frame tells of a turned bit: TCP itself does.
    if (kind === 'tcp') return 'undetectable';
  }
  const pdu = answer.kind === 'data' ? [code, answer.data.length, ...answer.data] : [code | 0x80, answer.code];
  return kind === 'tcp' || heard.includes(rtuSeal(asked, Buffer.from(pdu))) ? 'undetectable' : 'wrong';
}

/** A request that came through whole: otherwise no slave answers. */
function isWhole(kind: 'rtu' | 'tcp', frame: Buffer): boolean {
  if (kind === 'tcp') return frame.length === 12 && frame.readUInt16BE(2) === 0 && frame.readUInt16BE(4) === 6;
  return frame.length === 8 && crc16(frame, 0, 6) === frame.readUInt16LE(6);
}

/** Something that is said between others: a request and its reply, or a broadcast. */
function ofAnotherMaster(random: () => number): Buffer {
  const asked = {
    unit: 100 + Math.floor(random() * 3),
    code: 3,
    address: Math.floor(random() * 999),
    count: 4,
    transaction: 0,
  };
  const pdu = Buffer.of(asked.code, asked.address >> 8, asked.address & 0xff, 0, asked.count);
  const request = rtuSeal(asked, pdu);
  if (random() < 0.5) return Buffer.concat([request, right(rtuSeal, asked)]);
  return rtuSeal({ ...asked, unit: 0 }, Buffer.of(6, 0, 7, 0, 1));
}
