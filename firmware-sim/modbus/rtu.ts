import type { Duplex } from 'node:stream';
import type { Reply, Unit } from './unit.ts';

/** CRC-16/MODBUS, Modbus over Serial Line V1.02 section 2.5.1.2; sent low byte first. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

export function encodeRtu(unit: number, pdu: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from([unit]), pdu]);
  const crc = crc16(body);
  return Buffer.concat([body, Buffer.from([crc & 0xff, crc >>> 8])]);
}

export interface BusCounters {
  requests: number;
  replies: number;
  /** Requests that came while a unit had still to answer: on a real line both would be lost. */
  collisions: number;
  /** Bytes thrown away since they made no frame. */
  strayBytes: number;
}

export const noCounts = (): BusCounters => ({ requests: 0, replies: 0, collisions: 0, strayBytes: 0 });

/** A byte after this much silence begins a frame; on a busy machine 3.5 characters cannot be told. */
const SILENCE_MS = 20;
/** The longest request: function 16 with 123 registers. */
const LONGEST = 256;

/** Answers on one line for all its units. A request for another unit gets no answer. Ends with the line. */
export function serveRtu(line: Duplex, units: readonly Unit[], counters: BusCounters): void {
  let pending = Buffer.alloc(0);
  let lastChunkAt = performance.now();
  const answering = new Set<NodeJS.Timeout>();

  const send = (reply: Reply) => {
    const bytes = encodeReply(reply);
    if (bytes === null) return;
    counters.replies++;
    line.write(bytes);
  };

  line.on('data', (chunk: Buffer) => {
    const now = performance.now();
    if (now - lastChunkAt > SILENCE_MS) {
      counters.strayBytes += pending.length;
      pending = Buffer.alloc(0);
    }
    lastChunkAt = now;
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      const length = requestLength(pending);
      if (length === null || pending.length < length) break;
      const frame = pending.subarray(0, length);
      if (crc16(frame.subarray(0, -2)) !== frame.readUInt16LE(length - 2)) {
        pending = pending.subarray(1);
        counters.strayBytes++;
        continue;
      }
      pending = pending.subarray(length);
      counters.requests++;
      if (answering.size > 0) counters.collisions++;
      const reply = units.find(({ unit }) => unit === frame[0])?.reply(Buffer.from(frame.subarray(1, -2)));
      if (reply === undefined) continue;
      if (reply.kind !== 'pdu' || reply.afterMs === 0) {
        send(reply);
        continue;
      }
      const timer = setTimeout(() => {
        answering.delete(timer);
        send(reply);
      }, reply.afterMs);
      answering.add(timer);
    }
  });
  line.on('close', () => {
    for (const timer of answering) clearTimeout(timer);
  });
}

/** How long the request is that begins here; null while that cannot be told. */
function requestLength(bytes: Buffer): number | null {
  const [unit, code] = bytes;
  if (unit === undefined || code === undefined) return null;
  if (code !== 15 && code !== 16) return 8;
  const count = bytes[6];
  return count === undefined ? null : Math.min(9 + count, LONGEST);
}

/** A reply's bytes on the line; null for none. */
export function encodeReply(reply: Reply): Buffer | null {
  switch (reply.kind) {
    case 'none':
      return null;
    case 'pdu':
      return encodeRtu(reply.unit, reply.pdu);
    case 'cut-off': {
      const frame = encodeRtu(reply.unit, reply.pdu);
      return frame.subarray(0, Math.floor(frame.length / 2));
    }
    case 'corrupt': {
      const frame = encodeRtu(reply.unit, reply.pdu);
      frame[frame.length - 1] = (frame.at(-1) ?? 0) ^ 0xff;
      return frame;
    }
    case 'echo':
      return Buffer.concat([encodeRtu(reply.unit, reply.request), encodeRtu(reply.unit, reply.pdu)]);
    case 'echo-only':
      return encodeRtu(reply.unit, reply.request);
    case 'repeat': {
      const frame = encodeRtu(reply.unit, reply.pdu);
      return Buffer.concat([frame, frame]);
    }
    case 'nonsense':
      return reply.bytes;
    default:
      return reply satisfies never;
  }
}
